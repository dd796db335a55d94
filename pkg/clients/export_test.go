package clients

// Held returns how many clients the meter remembers.
func (m *Meter) Held() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.of)
}

// Held returns how many known and unknown ids the cache remembers, and how many
// reads are under way.
func (c *Cache) Held() (known, unknown, reads int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known.Len(), c.unknown.Len(), len(c.reads)
}
