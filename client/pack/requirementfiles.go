package pack

import (
	"path"
	"slices"
	"strings"
)

// addsIndex reports whether an option brings another place for packages to come
// from.
func addsIndex(option, value string) bool {
	isLinks := option == "-f" || option == "--find-links"
	return option == "--extra-index-url" || isLinks && strings.Contains(value, "://")
}

// checkOption judges a line of its own that is an option.
func (p *Preview) checkOption(line int, option, value string) {
	if !slices.Contains(pipOptions, option) {
		p.add(Warn, requirementsFile, line, "%s is no option of a requirements file", shorten(MaskURL(option)))
		return
	}
	p.checkURL(requirementsFile, line, option, value)
	switch option {
	case "-e", "--editable":
		p.add(Block, requirementsFile, line, "%s leaves the code where it is, which a build must not change: name the path or URL alone", option)
	case "-r", "--requirement", "-c", "--constraint":
		if strings.Contains(value, "://") {
			p.add(Warn, requirementsFile, line, "%s takes requirements from a URL: they are not checked", option)
			return
		}
		p.checkPath(line, option, value, "is not checked, and a cloud may read requirements.txt at the root only")
	case "-f", "--find-links":
		if !strings.Contains(value, "://") {
			p.checkPath(line, option, value, "is a folder of the upload, which a cloud may not read")
		}
	case "-i", "--index-url":
		p.add(Warn, requirementsFile, line, "%s takes the place of the index URL that the function is deployed with", option)
	case "--trusted-host":
		p.add(Warn, requirementsFile, line, "%s takes packages from a host whose certificate nobody checks", option)
	}
}

// checkPath blocks a file that a build could not find, and warns of the others.
func (p *Preview) checkPath(line int, what, name, warning string) {
	clean, fault := cleanName(strings.TrimPrefix(name, "./"))
	switch {
	case strings.HasPrefix(name, "~") || fault != "":
		p.add(Block, requirementsFile, line, "%s names %s, which is not inside the folder", what, shorten(name))
	case clean != "." && !p.holds(clean):
		p.add(Block, requirementsFile, line, "%s names %s, which is not among the files to upload", what, shorten(name))
	default:
		p.add(Warn, requirementsFile, line, "%s %s %s", what, shorten(path.Clean(name)), warning)
	}
}

// holds reports whether a file, or a file below a folder, would be packed.
func (p *Preview) holds(name string) bool {
	return p.has(name) || slices.ContainsFunc(p.Files, func(f File) bool { return strings.HasPrefix(f.Path, name+"/") })
}

// checkLocal judges a requirement that is a path and reports whether it is one.
func (p *Preview) checkLocal(l logicalLine) bool {
	name, _, _ := strings.Cut(l.text, ";")
	name, _, _ = strings.Cut(name, " --")
	name = strings.TrimSpace(name)
	if _, url, direct := strings.Cut(name, "@"); direct && strings.HasPrefix(strings.TrimSpace(url), "file:") || strings.HasPrefix(name, "file:") {
		p.add(Block, requirementsFile, l.number, "a file: URL names a place on this machine only: give the path inside the folder")
		return true
	}
	isPath := strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "~")
	if !isPath {
		isPath = !strings.Contains(name, "@") && !strings.Contains(name, "://") &&
			(strings.Contains(name, "/") || strings.HasSuffix(name, ".whl") || strings.HasSuffix(name, ".tar.gz"))
	}
	if !isPath {
		return false
	}
	name, _, _ = strings.Cut(name, "[")
	p.checkPath(l.number, "the requirement", name, "comes from the upload itself, which a cloud may not take")
	return true
}

// checkHashes blocks what pip refuses: once one requirement has a hash, all must.
func (p *Preview) checkHashes(wanted []requirement, required bool) {
	why := "--require-hashes is set"
	if at := slices.IndexFunc(wanted, func(r requirement) bool { return r.hashed }); at >= 0 && !required {
		required, why = true, wanted[at].name+" has one"
	}
	for _, r := range wanted {
		if required && !r.hashed {
			p.add(Block, requirementsFile, r.line, "%s has no hash although %s: pip wants them for all or for none", r.name, why)
		}
	}
}
