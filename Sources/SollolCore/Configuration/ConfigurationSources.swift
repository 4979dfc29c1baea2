/// A file that was read.
public struct SourceFile: Equatable, Sendable {
    /// As people named it, for messages.
    public var path: String
    /// The absolute folder that relative paths in it count from.
    public var folder: String
    /// Its content, of which no more than `JSONReader.largestSize` + 1 bytes need be here.
    public var bytes: [UInt8]

    /// A file with that content.
    public init(path: String, folder: String, bytes: [UInt8]) {
        self.path = path
        self.folder = folder
        self.bytes = bytes
    }
}

/// What the loader has to know about the machine on which `sollol` runs.
public struct LocalMachine: Equatable, Sendable {
    /// Its numeric IPv4 addresses.
    public var addresses: Set<String>
    /// Its own name.
    public var hostName: String
    /// The user's home folder, absolute.
    public var home: String
    /// The working directory, absolute.
    public var workingDirectory: String

    /// A machine of that description.
    public init(addresses: Set<String>, hostName: String, home: String, workingDirectory: String) {
        self.addresses = addresses
        self.hostName = hostName
        self.home = home
        self.workingDirectory = workingDirectory
    }

    /// Whether a host of the configuration is this machine, as far as can be told without asking
    /// the network.
    func isMe(_ host: String) -> Bool {
        let name = host.lowercased()
        return addresses.contains(host) || AddressRange.isLoopback(host)
            || (!hostName.isEmpty && name == hostName.lowercased())
    }
}

/// Everything that a configuration is made of, unread.
public struct ConfigurationSources: Equatable, Sendable {
    /// The configuration file.
    public var file: SourceFile?
    /// `rpc_backends.conf` beside it.
    public var backendsFile: SourceFile?
    /// Where the file was looked for.
    public var searched: [String]
    /// The environment.
    public var environment: [String: String]
    /// Options of the command line by name, `--port`.
    public var options: [String: String]
    /// The machine on which `sollol` runs.
    public var machine: LocalMachine

    /// These sources.
    public init(
        file: SourceFile?, backendsFile: SourceFile?, searched: [String] = [],
        environment: [String: String], options: [String: String], machine: LocalMachine
    ) {
        self.file = file
        self.backendsFile = backendsFile
        self.searched = searched
        self.environment = environment
        self.options = options
        self.machine = machine
    }
}
