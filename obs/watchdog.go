package obs

type watchdog struct{}
