#!/bin/sh
# Changes parameters of a deployed stack, and nothing else: the template, the code and
# every other parameter stay as they are.
#
#   docs/set-parameters.sh STACK NAME=VALUE...
#
# Needs the AWS CLI, with keys that may describe and update the stack. It returns when
# the update is complete, and fails where CloudFormation rolls the update back. It prints
# the command that brings the values of before back.
#
# "sam deploy --parameter-overrides" is no substitute: it deploys the code of the
# working copy too, and in a copy without a fresh "sam build" that code does not start.
set -eu

fail() {
	echo "set-parameters: $1" >&2
	exit 1
}

[ $# -ge 2 ] || fail "usage: docs/set-parameters.sh STACK NAME=VALUE..."
stack=$1
shift

# A line for each parameter: its name, a tab, its value. No value has a tab or a line break.
present=$(aws cloudformation describe-stacks --stack-name "$stack" --output text \
	--query 'Stacks[0].Parameters[].[ParameterKey,ParameterValue]') ||
	fail "cannot read the parameters of the stack $stack"
known=$(echo "$present" | cut -f 1)

# json prints its argument as a JSON string, and quoted as a word of the shell.
json() {
	printf '"%s"' "$(printf %s "$1" | sed 's/\\/\\\\/g; s/"/\\"/g')"
}
quoted() {
	printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}

# value prints the value that a parameter has now.
value() {
	echo "$present" | awk -F '\t' -v name="$1" '$1 == name { print $2 }'
}

changed=' ' list='' back=''
hour=$(value PerHour) day=$(value PerDay)
for setting; do
	name=${setting%%=*}
	[ "$name" != "$setting" ] || fail "$setting is not NAME=VALUE"
	echo "$known" | grep -qxF -- "$name" ||
		fail "$stack has no parameter $name; it has: $(echo "$known" | tr '\n' ' ')"
	case $changed in *" $name "*) fail "$name is given twice" ;; esac
	changed="$changed$name "
	list="$list,{\"ParameterKey\":$(json "$name"),\"ParameterValue\":$(json "${setting#*=}")}"
	back="$back $name=$(quoted "$(value "$name")")"
	case $name in
	PerHour) hour=${setting#*=} ;;
	PerDay) day=${setting#*=} ;;
	esac
done
for name in $known; do
	case $changed in *" $name "*) continue ;; esac
	list="$list,{\"ParameterKey\":$(json "$name"),\"UsePreviousValue\":true}"
done

# CloudFormation cannot compare two numbers, and functions do not start with such a pair.
case $changed in *' PerHour '* | *' PerDay '*)
	[ "$hour" -le "$day" ] 2>/dev/null ||
		fail "PerHour would be $hour and PerDay $day; PerHour must be a number of at most PerDay: give both"
	;;
esac

result=$(aws cloudformation update-stack --stack-name "$stack" --use-previous-template \
	--capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --parameters "[${list#,}]" 2>&1) || {
	case $result in
	*"No updates are to be performed"*)
		echo "Nothing to change: $stack has these values already." >&2
		exit 0
		;;
	esac
	fail "$result"
}
aws cloudformation wait stack-update-complete --stack-name "$stack" ||
	fail "the update did not complete: aws cloudformation describe-stack-events --stack-name $stack"
echo "Changed:$changed" >&2
echo "The way back: $0 $stack$back" >&2
echo "Now check that the functions start: countersign call init, with a number of your own." >&2
echo "If samconfig.toml has one of these under parameter_overrides, change it there too: the next sam deploy sets it back otherwise." >&2
