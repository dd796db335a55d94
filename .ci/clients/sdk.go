package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// sdk is one version of a vendor's SDK, and the driver that calls it.
type sdk struct {
	name     string // for people
	home     string // its name in its registry
	source   string // folder of the driver
	work     string // folder for everything that is installed and built
	tools    []string
	commands [][]string // install and build the SDK, in work
	driver   []string
	env      []string // of the driver
	modes    []mode

	gateway string // Alipay: the base URL; FRONT stands for the address of the TLS listener
	pkcs1   bool   // Alipay: the SDK takes the private key as PKCS #1, not PKCS #8
	remark  string // for docs/clients.md
}

type mode struct {
	name  string
	steps func(context.Context, *server, sdk) []step
}

// list returns the SDKs that are tested; leftOut names the others.
func list(tools string) []sdk {
	alipay := []mode{{"RSA", alipaySteps}}
	unimatrix := []mode{{"simple", simpleSteps}, {"hmac", hmacSteps}}
	return []sdk{
		alipayPython(tools, "1.5.5", alipay),
		alipayPython(tools, "1.7.1", alipay),
		alipayJava(tools, alipay),
		unimatrixGo(tools, unimatrix),
		unimatrixNode(tools, unimatrix),
		unimatrixPython(tools, unimatrix),
		unimatrixRust(tools, unimatrix),
	}
}

// leftOut names the SDKs that are not tested, with the reason.
const leftOut = `Not tested, because they cannot be installed where this runs: Unimatrix for Java (not in
Maven Central) and for PHP, .NET and Ruby (no toolchain); Alipay for Java 2.2.8 (Maven Central
has nothing after 2.0.45), for Go (not served by the module proxy), and for PHP and .NET (no
toolchain).`

func folders(tools, source, name string) (string, string) {
	from, _ := filepath.Abs(filepath.Join(".ci", "clients", source))
	return from, filepath.Join(tools, cmp.Or(name, source))
}

func alipayPython(tools, version string, modes []mode) sdk {
	source, work := folders(tools, "alipay-python", "alipay-python-"+version)
	s := python(source, work, "requirements-"+version+".txt")
	s.name, s.home, s.modes = "Alipay, Python", "global-open-sdk-python", modes
	s.gateway, s.pkcs1 = "https://"+madeUpHost, true
	s.remark = "`private_key` is the client's key in PKCS #1, without its first and last line\n" +
		"(`openssl pkey -traditional -in acme.key.pem`). The SDK connects to port 443 of the gateway's\n" +
		"host, and ignores a port in the URL."
	return s
}

func unimatrixPython(tools string, modes []mode) sdk {
	source, work := folders(tools, "unimatrix-python", "")
	s := python(source, work, "requirements.txt")
	s.name, s.home, s.modes = "Unimatrix, Python", "uni-sdk", modes
	s.remark = "The SDK uses host and port of the endpoint, and ignores a path in it."
	return s
}

func python(source, work, requirements string) sdk {
	return sdk{
		source: source, work: work,
		tools: []string{"python3"},
		commands: [][]string{
			{"python3", "-m", "venv", "venv"},
			{"venv/bin/pip", "install", "-q", "--disable-pip-version-check", "--only-binary", ":all:",
				"--require-hashes", "-r", filepath.Join(source, requirements)},
		},
		driver: []string{filepath.Join(work, "venv/bin/python"), filepath.Join(source, "main.py")},
	}
}

func alipayJava(tools string, modes []mode) sdk {
	source, work := folders(tools, "alipay-java", "")
	jars := filepath.Join(work, "lib", "*")
	return sdk{
		name: "Alipay, Java", home: "com.alipay.global.sdk:global-open-sdk-java", modes: modes,
		source: source, work: work,
		tools: []string{"java", "javac", "mvn"},
		commands: [][]string{
			{"mvn", "-q", "-B", "--strict-checksums", "-Dmaven.repo.local=" + filepath.Join(work, "m2"),
				"-f", filepath.Join(source, "pom.xml"),
				"org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies",
				"-DoutputDirectory=" + filepath.Join(work, "lib")},
			{"javac", "-d", "classes", "-cp", jars, filepath.Join(source, "Main.java")},
		},
		driver: []string{
			"java", "-XX:TieredStopAtLevel=1",
			"-cp", filepath.Join(work, "classes") + string(os.PathListSeparator) + jars, "Main",
		},
		gateway: "https://FRONT",
		remark: "`privateKey` is the client's key as `client add` writes it, in PKCS #8, without its first and\n" +
			"last line. On Java 11 and later the SDK needs `javax.xml.bind:jaxb-api` beside it.",
	}
}

func unimatrixGo(tools string, modes []mode) sdk {
	source, work := folders(tools, "unimatrix-go", "")
	driver := filepath.Join(work, "driver")
	return sdk{
		name: "Unimatrix, Go", home: "github.com/unimtx/uni-go-sdk", modes: modes,
		source: source, work: work,
		tools:    []string{"go"},
		commands: [][]string{{"go", "build", "-C", source, "-o", driver, "."}},
		driver:   []string{driver},
	}
}

func unimatrixNode(tools string, modes []mode) sdk {
	source, work := folders(tools, "unimatrix-node", "")
	return sdk{
		name: "Unimatrix, Node", home: "uni-sdk", modes: modes,
		source: source, work: work,
		tools: []string{"node", "npm"},
		commands: [][]string{
			{"cp", filepath.Join(source, "package.json"), filepath.Join(source, "package-lock.json"), "."},
			{"npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"},
		},
		driver: []string{"node", filepath.Join(source, "main.js")},
		env:    []string{"NODE_PATH=" + filepath.Join(work, "node_modules")},
	}
}

func unimatrixRust(tools string, modes []mode) sdk {
	source, work := folders(tools, "unimatrix-rust", "")
	return sdk{
		name: "Unimatrix, Rust", home: "uni-sdk", modes: modes,
		source: source, work: work,
		tools: []string{"cargo"},
		commands: [][]string{{
			"cargo", "build", "--quiet", "--locked",
			"--manifest-path", filepath.Join(source, "Cargo.toml"), "--target-dir", work,
		}},
		driver: []string{filepath.Join(work, "debug", "unimatrix")},
	}
}

func (s sdk) install(ctx context.Context) error {
	for _, tool := range s.tools {
		if _, err := exec.LookPath(tool); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(s.work, 0o755); err != nil {
		return err
	}
	for _, c := range s.commands {
		if out, err := command(ctx, s.work, os.Environ(), c).CombinedOutput(); err != nil {
			name := strings.Join(c[:min(3, len(c))], " ")
			return fmt.Errorf("%s: %w\n%s", name, cmp.Or(ctx.Err(), err), tail(out))
		}
	}
	return nil
}

// answer is the outcome of one call, as the SDK returns it to its caller.
type answer struct {
	Version string `json:"version,omitzero"` // of the call "version" alone
	Error   string `json:"error,omitzero"`   // the SDK's own error

	// Alipay
	Code             string `json:"code,omitzero"`
	Passed           bool   `json:"passed,omitzero"`
	AuthenticationID string `json:"authenticationId,omitzero"`

	// Unimatrix
	RequestID string         `json:"requestId,omitzero"`
	Data      map[string]any `json:"data,omitzero"`
	Valid     bool           `json:"valid,omitzero"`
}

// call runs the driver once. A fault of the driver itself, such as a panic of the SDK, is
// an error that no step expects.
func (s sdk) call(ctx context.Context, env []string, args ...string) (a answer) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var stderr bytes.Buffer
	c := command(ctx, s.work, append(append(clean(os.Environ()), s.env...), env...), append(s.driver, args...))
	c.Stderr = &stderr
	out, err := c.Output()
	if err == nil {
		err = json.Unmarshal(out, &a)
	}
	if err != nil {
		a.Error = fmt.Sprintf("the driver: %v\n%s", cmp.Or(ctx.Err(), err), tail(stderr.Bytes()))
	}
	return a
}

// command returns a command whose end also ends the processes that it started, such as
// compilers.
func command(ctx context.Context, dir string, env, args []string) *exec.Cmd {
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir, c.Env = dir, env
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 5 * time.Second
	return c
}

// clean removes variables that would lead an SDK or the server elsewhere: proxies, and
// the settings of the person who runs this.
func clean(env []string) []string {
	var kept []string
	for _, e := range env {
		name, _, _ := strings.Cut(strings.ToUpper(e), "=")
		ours := strings.HasPrefix(name, "UNIMTX_") || strings.HasPrefix(name, "COUNTERSIGN_")
		if !ours && !strings.HasSuffix(name, "_PROXY") {
			kept = append(kept, e)
		}
	}
	return kept
}

// tail returns the end of a command's output.
func tail(out []byte) string {
	out = bytes.TrimSpace(out)
	return string(out[max(0, len(out)-1500):])
}
