package selectors

import "testing"

// What Go reads and JavaScript does not, or reads in another way, is refused.
func TestExpressions(t *testing.T) {
	for re, want := range map[string]struct{ plain, grouped bool }{
		`^(?:a|b)+?$`:              {true, true},
		`\bcode\b`:                 {true, true},
		`[^\]a-z[]{2,3}`:           {true, true},
		`\d\D\w\W\s\S\.\\\$\x41`:   {true, true},
		`(?<day>[0-9]+)`:           {true, true},
		`(?P<day>[0-9]+)`:          {false, true},
		`l.acces {1,2}`:            {true, true},
		`\(\?i\)`:                  {true, true},
		`[(?i)]`:                   {true, true},
		`x{,2}`:                    {true, true},
		`(?i)a`:                    {false, false},
		`a(?i:b)`:                  {false, false},
		`(?s:.)`:                   {false, false},
		`(?P<1st>a)`:               {false, false},
		`\Aa`:                      {false, false},
		`a\z`:                      {false, false},
		`\Qa.b\E`:                  {false, false},
		`[[:alpha:]]`:              {false, false},
		`[^[:digit:]]`:             {false, false},
		`\pL`:                      {false, false},
		`[\p{Latin}]`:              {false, false},
		`\P{Greek}`:                {false, false},
		`\x{1F600}`:                {false, false},
		`\a`:                       {false, false},
		`\101`:                     {false, false},
		`[]a]`:                     {false, false},
		`[^]a]`:                    {false, false},
		`^*a`:                      {false, false},
		`a$?`:                      {false, false},
		`a\b{2}`:                   {false, false},
		`[😀]`:                      {false, false},
		`(`:                        {false, false},
		`a(?=b)`:                   {false, false},
		`(a)\1`:                    {false, false},
		`(?P<a>x)|(?P<a>y)`:        {false, false},
		`page (?P<page>[0-9]+) of`: {false, true},
	} {
		if err := checkExpression(re, false); (err == nil) != want.plain {
			t.Errorf("%s: %v", re, err)
		}
		if err := checkExpression(re, true); (err == nil) != want.grouped {
			t.Errorf("%s, with named groups: %v", re, err)
		}
	}
}
