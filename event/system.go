package event

// SystemStartup is the program's own start. Reason is there when it is not a
// plain one: after a crash, an update, a restore.
type SystemStartup struct {
	Version string `json:"version"`
	Reason  string `json:"reason,omitempty" rule:"free"`
}

func (SystemStartup) EventType() Type { return "system.startup" }

// SystemShutdown is the program's own ordered end.
type SystemShutdown struct {
	Version string `json:"version"`
	Reason  string `json:"reason" rule:"free"`
}

func (SystemShutdown) EventType() Type { return "system.shutdown" }

// Text is the reason.
func (s SystemShutdown) Text() string { return s.Reason }

// SystemError is something that a person must act on.
type SystemError struct {
	Version string `json:"version,omitempty"`
	Reason  string `json:"reason" rule:"required,free"`
}

func (SystemError) EventType() Type { return "system.error" }

// Text is the reason.
func (e SystemError) Text() string { return e.Reason }

// SystemServiceStarted is a part, or a managed process, that runs.
type SystemServiceStarted struct {
	ServiceName   string `json:"service_name" rule:"required"`
	ServiceStatus string `json:"service_status"`
	Version       string `json:"version,omitempty"`
	PID           int    `json:"pid,omitempty" rule:"min=0"`
	Reason        string `json:"reason,omitempty" rule:"free"`
}

func (SystemServiceStarted) EventType() Type { return "system.service_started" }

// Text is its name and the reason.
func (s SystemServiceStarted) Text() string { return words(s.ServiceName, s.Reason) }

// SystemServiceStopped is one that no longer does, and why.
type SystemServiceStopped struct {
	ServiceName   string `json:"service_name" rule:"required"`
	ServiceStatus string `json:"service_status"`
	Version       string `json:"version,omitempty"`
	PID           int    `json:"pid,omitempty" rule:"min=0"`
	Reason        string `json:"reason" rule:"free"`
}

func (SystemServiceStopped) EventType() Type { return "system.service_stopped" }

// Text is its name and the reason.
func (s SystemServiceStopped) Text() string { return words(s.ServiceName, s.Reason) }

// SystemHealthCheck is how a part was found. Uptime is in seconds, memory and
// disk in bytes, CPU in per cent of one core.
type SystemHealthCheck struct {
	ServiceName  string  `json:"service_name" rule:"required"`
	HealthStatus string  `json:"health_status" rule:"required"`
	ChecksPassed int     `json:"checks_passed" rule:"min=0"`
	ChecksFailed int     `json:"checks_failed" rule:"min=0"`
	Uptime       float64 `json:"uptime" rule:"min=0"`
	Memory       int64   `json:"memory,omitempty" rule:"min=0"`
	CPU          float64 `json:"cpu,omitempty" rule:"min=0"`
	Disk         int64   `json:"disk,omitempty" rule:"min=0"`
	ErrorCount   int     `json:"error_count" rule:"min=0"`
}

func (SystemHealthCheck) EventType() Type { return "system.health_check" }

// SystemPerformanceMetric is one figure.
type SystemPerformanceMetric struct {
	MetricName string  `json:"metric_name" rule:"required"`
	Value      float64 `json:"value"`
	Unit       string  `json:"unit"`
	Component  string  `json:"component"`
}

func (SystemPerformanceMetric) EventType() Type { return "system.performance_metric" }
