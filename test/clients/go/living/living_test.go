package living

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// These run with the standard library that the clients are built with, and with FAKETIME_TIMESTAMP_FILE set.

func move(t *testing.T, by string) {
	t.Helper()
	file := os.Getenv("FAKETIME_TIMESTAMP_FILE")
	if err := os.WriteFile(file, []byte(by), 0o600); err != nil {
		t.Fatal("FAKETIME_TIMESTAMP_FILE has to name a file: ", err)
	}
}

// How far the clock is from that of the file system, which nobody moves.
func moved(t *testing.T, now time.Time) time.Duration {
	t.Helper()
	file := filepath.Join(t.TempDir(), "now")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	about, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return now.Sub(about.ModTime())
}

func near(t *testing.T, got, want time.Duration) {
	t.Helper()
	if got < want-time.Second || got > want+time.Second {
		t.Errorf("%v is not about %v", got, want)
	}
}

func TestMachineClockWithoutAFile(t *testing.T) {
	near(t, moved(t, time.Now()), 0)
}

func TestClockMovesAsTheFileSays(t *testing.T) {
	start := time.Now()
	move(t, "+3600.5\n")
	near(t, moved(t, time.Now()), 3600500*time.Millisecond)
	near(t, time.Since(start), 3600500*time.Millisecond)
	near(t, time.Until(start), -3600500*time.Millisecond)
	move(t, "-60")
	near(t, moved(t, time.Now()), -time.Minute)
}

func TestTimersAndDeadlinesAreReal(t *testing.T) {
	move(t, "+86400")
	start := time.Now()
	near(t, moved(t, <-time.After(time.Millisecond)), 24*time.Hour)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	deadline, _ := ctx.Deadline()
	near(t, time.Until(deadline), 0)
	<-ctx.Done()
	near(t, time.Since(start), 0)
}

func TestConnectionsSurviveAMove(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	client := server.Client()
	client.Timeout = time.Minute
	if get(t, client, server.URL) {
		t.Error("the first connection is said to have been used before")
	}
	move(t, "+172800")
	if !get(t, client, server.URL) {
		t.Error("the connection was given up")
	}
}

// Whether the request went over a connection that was there already.
func get(t *testing.T, client *http.Client, url string) (reused bool) {
	t.Helper()
	trace := &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) { reused = got.Reused }}
	ctx := httptrace.WithClientTrace(context.Background(), trace)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return reused
}
