package deletions_test

import (
	"os"
	"testing"

	"irccpin/automation/trial"
)

func TestMain(m *testing.M) { os.Exit(trial.Main(m)) }
