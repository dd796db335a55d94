//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package keyring

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// tryLock locks f until it is closed, unless somebody else has.
func tryLock(f *os.File) (locked bool, err error) {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}

// sameOwner gives f to the owner of old: an administrator as root must not lock
// the service out.
func sameOwner(f, old *os.File) error {
	info, err := old.Stat()
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Getuid() {
		if err := f.Chown(int(stat.Uid), int(stat.Gid)); err != nil {
			return fmt.Errorf("keyring: %w", err)
		}
	}
	return nil
}
