import Foundation

/// The folder of this user on this machine that guards keep their records in, and each `sollol` its
/// entry: `/tmp/sollol-UID`, and where that cannot be ours `/run/user/UID`, which systemd makes.
/// Home folders are often shared between machines, these are not.
///
/// Once made it is never removed: whoever is about to write there would find it missing. The
/// shell's side of the same is record-folder.sh.
package enum PrivateFolder {
    /// Where it may be, the usual place first. Whoever looks for something looks in both.
    package static var places: [String] {
        ["/tmp/sollol-\(geteuid())", "/run/user/\(geteuid())"]
    }

    /// Those of the places that are there and ours alone.
    package static var usable: [String] { places.filter(isPrivate) }

    /// Makes it where it is missing, and returns where it is.
    ///
    /// - Throws: `SystemError` about the usual place when neither can be used.
    package static func make() throws -> String {
        let usual = places[0]
        let failure =
            mkdir(usual, 0o700) != 0 && errno != EEXIST
            ? SystemError("mkdir \(usual)")
            : SystemError("use \(usual), which is no folder with mode 0700 of ours", code: EPERM)
        guard let folder = usable.first else { throw failure }
        return folder
    }

    /// Whether it is a folder, no link, of this user, which nobody else may enter.
    static func isPrivate(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            && status.st_uid == geteuid() && status.st_mode & 0o777 == 0o700
    }
}
