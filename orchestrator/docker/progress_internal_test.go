package docker

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProgress(t *testing.T) {
	var p progress
	write := func(text string) {
		n, err := p.Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(text), n)
	}
	require.Equal(t, "nothing to download so far", p.text())
	write(`{"status":"Pulling from team/web","id":"1"}` + "\r\n")
	require.Equal(t, "nothing to download so far", p.text())
	write(`{"status":"Downloading","progressDetail":{"current":1048576,"total":4194304},"id":"a"}` + "\r\n" + `{"status":"Downloa`)
	require.Equal(t, "1.0 MiB of 4.0 MiB", p.text())
	write(`ding","progressDetail":{"current":2048,"total":4096},"id":"b"}` + "\n" + "no JSON\n")
	require.Equal(t, "1.0 MiB of 4.0 MiB", p.text())
	write(`{"status":"Download complete","id":"a"}` + "\n" + `{"status":"Pull complete","id":"never seen"}` + "\n")
	require.Equal(t, "4.0 MiB of 4.0 MiB", p.text())
	require.NoError(t, p.failure())
	write(`{"errorDetail":{"message":"no space left on device"},"error":"no space left on device"}`)
	require.EqualError(t, p.failure(), "no space left on device", "the last line has no end")
}
