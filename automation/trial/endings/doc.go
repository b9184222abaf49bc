// Package endings tries how runs end: every misbehaviour of the simulated portal
// through a creation, against what the portal witnessed. It is nothing but tests.
package endings
