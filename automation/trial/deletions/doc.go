// Package deletions tries deletions of users: strictly found, whatever the portal
// asks back, and in trouble. It is nothing but tests.
package deletions
