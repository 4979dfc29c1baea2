@testable import Remote

/// The files that a guard is made of, as they are.
enum GuardFiles {
    /// For a server with a slot.
    static let server = text(
        Remote.PackageResources.forget_sh,
        Remote.PackageResources.guard_begin_sh, Remote.PackageResources.guard_process_sh,
        Remote.PackageResources.record_folder_sh, Remote.PackageResources.guard_record_sh,
        Remote.PackageResources.guard_takeover_sh, Remote.PackageResources.guard_ports_sh,
        Remote.PackageResources.guard_leash_sh, Remote.PackageResources.guard_ticker_sh,
        Remote.PackageResources.guard_server_sh)

    /// For a short command.
    static let command = text(
        Remote.PackageResources.forget_sh,
        Remote.PackageResources.guard_begin_sh, Remote.PackageResources.short_command_sh)

    static func text(_ files: [UInt8]...) -> String {
        files.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }
}
