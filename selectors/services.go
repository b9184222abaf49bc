package selectors

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// serviceFile says what a folder of the catalog is for.
const serviceFile = "service.yaml"

// entrance is the page on which a sign-in service is chosen.
const entrance = "landing"

// Service is a sign-in service that stands between the public page and the
// portal. Its folder in the catalog holds its pages.
type Service struct {
	// Name is the folder's, and that of the public page's element which leads
	// to the service.
	Name string `yaml:"-"`
	// Title is what a person calls it, by language.
	Title map[string]string `yaml:"title"`
	// Hosts are its own, besides the site's.
	Hosts []Host `yaml:"hosts"`
	// Link leads to it from the public page.
	Link Element `yaml:"link"`
}

// Service returns a sign-in service by name.
func (c *Catalog) Service(name string) (Service, bool) {
	i := slices.IndexFunc(c.Services, func(s Service) bool { return s.Name == name })
	if i < 0 {
		return Service{}, false
	}
	return c.Services[i], true
}

func (c *Catalog) addService(f file) error {
	s := Service{Name: f.folder}
	if err := decode(f.data, &s); err != nil {
		return err
	}
	c.Services = append(c.Services, s)
	return nil
}

// admitServices adds the services' hosts to the site's, and their links to the
// public page, unless that describes one of the same name itself.
func (c *Catalog) admitServices() {
	for _, s := range c.Services {
		c.Site.Hosts = append(c.Site.Hosts, s.Hosts...)
		for i := range c.Pages {
			p := &c.Pages[i]
			if _, own := p.Elements[s.Name]; p.Name != entrance || p.Variant != "" || own {
				continue // a variant gets it from its page
			}
			if p.Elements == nil {
				p.Elements = map[string]Element{}
			}
			p.Elements[s.Name] = s.Link
		}
	}
}

func (c *Catalog) checkServices(files tree) error {
	for _, s := range c.Services {
		if err := s.check(c.Site.Dangers); err != nil {
			return files.fault(path.Join(s.Name, serviceFile), err)
		}
	}
	for _, p := range c.Pages {
		if _, ok := c.Service(p.Service); p.Service != "" && !ok {
			return fmt.Errorf("%s: its folder has no %s", p.File, serviceFile)
		}
	}
	return nil
}

func (s Service) check(dangers map[string]Element) error {
	switch {
	case s.Name == "":
		return errors.New("describes a sign-in service and lies in no folder of its own")
	case s.Title["en"] == "" || s.Title["fr"] == "":
		return under(errors.New("needs a title in en and fr"), "title")
	case s.Link.Role != Action:
		return under(errors.New("link: is to be pressed, so its role is action"), "link")
	}
	if err := s.Link.check(nil, dangers); err != nil {
		return under(fmt.Errorf("link: %w", err), "link")
	}
	return nil
}

// file is a file of the catalog as it was found.
type file struct {
	data []byte
	// folder is the sign-in service that it belongs to; empty for none.
	folder string
	// shown is its path, for messages.
	shown string
}

// tree is a catalog's files by name; that of a service goes by its folder as
// well, since each has one.
type tree map[string]file

// read takes the files of a directory and of the folders in it.
func (t tree) read(from fs.FS, root string) error {
	return fs.WalkDir(from, root, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(at) != ".yaml" {
			return err
		}
		inside := strings.TrimPrefix(at, root+"/")
		folder, name := strings.TrimSuffix(path.Dir(inside), "."), path.Base(inside)
		if name == serviceFile {
			name = inside
		}
		if strings.Contains(folder, "/") {
			return fmt.Errorf("%s: a folder of the catalog holds no folders", inside)
		}
		if old, twice := t[name]; twice {
			return fmt.Errorf("%s and %s have one name", old.shown, inside)
		}
		data, err := fs.ReadFile(from, at)
		t[name] = file{data: data, folder: folder, shown: inside}
		return err
	})
}

// lay puts the files of a directory over those of t. A page that is laid over
// another one belongs to the same service.
func (t tree) lay(over tree, dir string) {
	for name, f := range over {
		if f.folder == "" {
			f.folder = t[name].folder
		}
		f.shown = filepath.Join(dir, filepath.FromSlash(f.shown))
		t[name] = f
	}
}
