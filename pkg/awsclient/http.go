package awsclient

import "net/http"

// httpClient bounds each attempt, the reading of the answer included.
func httpClient(s Settings) *http.Client {
	if s.Transport == nil {
		t := transport(s.Connections)
		if s.OpenAhead > 0 {
			Ahead(t, s.OpenAhead, s.Service, s.Region, s.Endpoint)
		}
		s.Transport = t
	}
	return &http.Client{
		Transport:     s.Transport,
		Timeout:       s.Attempt,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func transport(connections int) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	if connections > 0 {
		t.MaxIdleConns, t.MaxIdleConnsPerHost, t.MaxConnsPerHost = connections, connections, connections
	}
	return t
}
