import Foundation

/// Whether a file may decide what is run although nobody has named it: one that lies in the folder
/// one happens to stand in.
///
/// It has to belong to this user or root, nobody else may write it, and nobody else may replace it:
/// its folder belongs to them too, and is sticky or writable by its owner only. The group's bit is
/// harmless where the group is the user's own. A link and what it leads to are both looked at.
package enum FileTrust {
    /// Why it does not count, as what follows its path.
    package struct Problem: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Checks a file.
    ///
    /// - Parameters:
    ///   - path: absolute.
    ///   - status: of the open file, so that it is the one that will be read.
    static func check(_ path: String, _ status: stat) throws(Problem) {
        try checkOwner(status, "it")
        if isWritableByOthers(status) { throw Problem(description: "others can write it") }
        var link = stat()
        if lstat(path, &link) == 0, link.st_mode & S_IFMT == S_IFLNK {
            try checkOwner(link, "the link")
        }
        for name in [path, URL(fileURLWithPath: path).resolvingSymlinksInPath().path] {
            let folder = URL(fileURLWithPath: name).deletingLastPathComponent().path
            var status = stat()
            guard stat(folder, &status) == 0 else {
                throw Problem(description: "its folder cannot be looked at")
            }
            try checkOwner(status, "its folder")
            if status.st_mode & S_ISVTX == 0, isWritableByOthers(status) {
                throw Problem(description: "others can write its folder \(folder)")
            }
        }
    }

    private static func checkOwner(_ status: stat, _ what: String) throws(Problem) {
        guard status.st_uid != 0, status.st_uid != geteuid() else { return }
        throw Problem(description: "\(what) belongs to user \(status.st_uid)")
    }

    private static func isWritableByOthers(_ status: stat) -> Bool {
        if status.st_mode & S_IWOTH != 0 { return true }
        return status.st_mode & S_IWGRP != 0 && !isOwn(status.st_gid)
    }

    /// Whether a group is the one that a user has alone: of the same name, without another member
    /// (Debian and others make one for each user).
    private static func isOwn(_ group: gid_t) -> Bool {
        guard let user = getpwuid(geteuid()), let name = user.pointee.pw_name,
            user.pointee.pw_gid == group
        else { return false }
        let userName = String(cString: name)
        guard let entry = getgrgid(group), String(cString: entry.pointee.gr_name) == userName else {
            return false
        }
        var member = entry.pointee.gr_mem
        while let other = member?.pointee {
            if String(cString: other) != userName { return false }
            member = member?.advanced(by: 1)
        }
        return true
    }
}
