//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// terminal opens a pseudo-terminal: what is written to keys is typed on tty.
func terminal(t *testing.T) (keys, tty *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	t.Cleanup(func() { keys.Close() })
	var number, unlock int32
	for request, value := range map[uintptr]*int32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlock} {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, keys.Fd(), request, uintptr(unsafe.Pointer(value)))
		if errno != 0 {
			t.Fatal(errno)
		}
	}
	tty, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return keys, tty
}

// typing runs a command at a terminal, on which each line is typed once the next prompt stands there. It returns what
// stands on the screen, and the exit code.
func (c tool) typing(t *testing.T, lines []string, args ...string) (screen string, exit int) {
	t.Helper()
	keys, tty := terminal(t)
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.env, tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // so that Ctrl-C reaches it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	keys.SetReadDeadline(time.Now().Add(time.Minute))
	buffer := make([]byte, 1024)
	for {
		n, err := keys.Read(buffer)
		screen += string(buffer[:n])
		if err != nil { // the command has ended
			break
		}
		if strings.HasSuffix(screen, ": ") && len(lines) > 0 {
			eventually(t, "the end of the echo", func() bool { return !echoes(keys) })
			fmt.Fprint(keys, lines[0])
			lines = lines[1:]
		}
	}
	if cmd.Wait(); !echoes(keys) {
		t.Errorf("%q left the terminal without an echo", args)
	}
	return screen, cmd.ProcessState.ExitCode()
}

// echoes reports whether what is typed is shown.
func echoes(keys *os.File) bool {
	var state syscall.Termios
	syscall.Syscall(syscall.SYS_IOCTL, keys.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&state)))
	return state.Lflag&syscall.ECHO != 0
}

// A password that is typed at a terminal is not shown, has to be the same twice, and Ctrl-C changes nothing.
func TestTypedPassword(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme")
	set := []string{"user", "password", "set", "--client", "acme", "--number", "60-6543216353", "--kind", "payment"}
	for _, typed := range []struct {
		lines []string
		want  string
		exit  int
	}{
		{[]string{"482915\n", "482916\n"}, "the two are not the same: nothing is changed", 1},
		{[]string{"482915\n", "\x03"}, "interrupted: nothing is changed", 1},
		{[]string{"482915\n", "482915\n"}, "payment password of number +60******6353 of client acme: set", 0},
	} {
		screen, exit := c.typing(t, typed.lines, set...)
		if exit != typed.exit || !strings.Contains(screen, "payment password: ") ||
			!strings.Contains(screen, "payment password again: ") || !strings.Contains(screen, typed.want) ||
			strings.Contains(screen, "48291") {
			t.Errorf("%q: exit %d, the screen shows\n%s", typed.lines, exit, screen)
		}
	}
}
