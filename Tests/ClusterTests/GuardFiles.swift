@testable import SollolCore

/// The files that a guard is made of, as they are.
enum GuardFiles {
    /// For a server with a slot.
    static let server = text(
        PackageResources.guard_begin_sh, PackageResources.guard_process_sh,
        PackageResources.record_folder_sh, PackageResources.guard_record_sh,
        PackageResources.guard_takeover_sh, PackageResources.guard_leash_sh,
        PackageResources.guard_ticker_sh, PackageResources.guard_server_sh)

    /// For a short command.
    static let command = text(PackageResources.guard_begin_sh, PackageResources.short_command_sh)

    static func text(_ files: [UInt8]...) -> String {
        files.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }
}
