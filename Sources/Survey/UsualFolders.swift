import Basics

/// Where llama.cpp's programs lie on the machines that people have.
package enum UsualFolders {
    /// The usual places that a non-interactive PATH misses; `~/` is the home folder there.
    package static let afterPath =
        [
            "~/.local/share/sollol/llama.cpp/bin", "~/.local/bin", "/usr/local/bin",
            "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin", "~/.linuxbrew/bin",
        ]
        // Nix: of the user, of the system (NixOS), of all users.
        + ["~/.nix-profile/bin", "/run/current-system/sw/bin", "/nix/var/nix/profiles/default/bin"]
        // Debian's packages.
        + ["x86_64-linux-gnu", "aarch64-linux-gnu"].map { "/usr/libexec/\($0)/llama/bin" }

    /// All folders in the order in which they are searched, each once; relative ones are left out.
    package static func all(path: String, home: String) -> [String] {
        let usual = afterPath.map { $0.hasPrefix("~/") ? home + $0.dropFirst() : $0 }
        return (path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") } + usual)
            .unique { $0 }
    }
}
