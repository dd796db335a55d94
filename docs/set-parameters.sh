#!/bin/sh
# Changes parameters of a deployed stack, and nothing else: the template, the code and
# every other parameter stay as they are.
#
#   docs/set-parameters.sh STACK NAME=VALUE...
#
# Needs the AWS CLI, with keys that may describe and update the stack. It returns when
# the update is complete, and fails where CloudFormation rolls the update back.
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

known=$(aws cloudformation describe-stacks --stack-name "$stack" --output text \
	--query 'Stacks[0].Parameters[].ParameterKey') || fail "cannot read the parameters of the stack $stack"

# json prints its argument as a JSON string. Values of parameters have no line breaks.
json() {
	printf '"%s"' "$(printf %s "$1" | sed 's/\\/\\\\/g; s/"/\\"/g')"
}

changed=' ' list=''
for setting; do
	name=${setting%%=*}
	[ "$name" != "$setting" ] || fail "$setting is not NAME=VALUE"
	echo "$known" | tr '\t' '\n' | grep -qxF -- "$name" ||
		fail "$stack has no parameter $name; it has: $(echo "$known" | tr '\t\n' '  ')"
	case $changed in *" $name "*) fail "$name is given twice" ;; esac
	changed="$changed$name "
	list="$list,{\"ParameterKey\":$(json "$name"),\"ParameterValue\":$(json "${setting#*=}")}"
done
for name in $known; do
	case $changed in *" $name "*) continue ;; esac
	list="$list,{\"ParameterKey\":$(json "$name"),\"UsePreviousValue\":true}"
done

aws cloudformation update-stack --stack-name "$stack" --use-previous-template \
	--capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --parameters "[${list#,}]"
aws cloudformation wait stack-update-complete --stack-name "$stack" ||
	fail "the update did not complete: aws cloudformation describe-stack-events --stack-name $stack"
echo "Changed:$changed" >&2
echo "If samconfig.toml has one of these under parameter_overrides, change it there too: the next sam deploy sets it back otherwise." >&2
