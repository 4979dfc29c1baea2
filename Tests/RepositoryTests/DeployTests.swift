import Foundation
import Testing

/// What users install: read here, since CI has neither systemd nor Caddy.
///
/// With both at hand: `systemd-analyze security --offline=true deploy/sollol.service` says 2.1 (of
/// 10, less is better), and `caddy validate` takes the other file.
@Suite struct DeployTests {
    private static func lines(_ path: String) throws -> [String] {
        try #require(Repository.text(path)).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        .filter { !$0.hasPrefix("#") }
    }

    /// Tried with capabilities, system calls and files as the unit has them: a cluster with one
    /// worker here and one through ssh comes up, serves and ends.
    @Test func theUnitGivesAwayWhatNothingNeeds() throws {
        let unit = try Self.lines("deploy/sollol.service")
        let wanted = [
            "User=sollol", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "AmbientCapabilities=",
            "ProtectSystem=strict", "ProtectHome=read-only", "ReadWritePaths=/var/lib/sollol /tmp",
            "PrivateMounts=yes", "ProtectProc=invisible", "ProtectKernelTunables=yes",
            "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "ProtectControlGroups=yes",
            "ProtectHostname=yes", "RestrictNamespaces=yes", "RestrictRealtime=yes",
            "RestrictSUIDSGID=yes", "LockPersonality=yes", "RemoveIPC=yes",
            "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
            "SystemCallArchitectures=native", "SystemCallFilter=@system-service",
            "SystemCallFilter=~@privileged", "SystemCallErrorNumber=EPERM",
        ]
        #expect(wanted.filter { !unit.contains($0) } == [])
    }

    /// Records have to be seen by others, GPUs need devices and code made at run time, and
    /// `/proc/meminfo` is read.
    @Test func theUnitKeepsWhatServersNeed() throws {
        let unit = try Self.lines("deploy/sollol.service")
        let harmful = [
            "PrivateTmp", "PrivateUsers", "PrivateDevices", "PrivateNetwork", "DeviceAllow",
            "DevicePolicy", "ProtectClock", "MemoryDenyWriteExecute", "ProcSubset",
            "TemporaryFileSystem", "RootDirectory", "IPAddressDeny",
        ]
        #expect(unit.filter { line in harmful.contains { line.hasPrefix($0 + "=") } } == [])
    }

    /// systemd arms a reload with the time that a start may take, 90 s unless the unit says it
    /// (`service_enter_reload` in its service.c), and `sollol reload` returns when the cluster
    /// serves.
    @Test func aReloadMayTakeAsLongAsTheModelLoads() throws {
        let unit = try Self.lines("deploy/sollol.service")
        #expect(unit.contains { $0.hasPrefix("ExecReload=") })
        #expect(unit.contains("TimeoutStartSec=infinity"))
        #expect(unit.contains("Type=exec"))
    }

    /// Whether the reverse proxy passes that path on, as Caddy's matcher `path` reads it: a `*` at
    /// the end is anything.
    private static func isPublic(_ path: String) throws -> Bool {
        let file = try lines("deploy/Caddyfile")
        let patterns = file.filter { $0.hasPrefix("path ") }
            .flatMap { $0.split(separator: " ").dropFirst().map(String.init) }
        #expect(patterns.count > 10)
        return patterns.contains { pattern in
            pattern.hasSuffix("*")
                ? path.hasPrefix(pattern.dropLast()) : path == pattern
        }
    }

    @Test(arguments: [
        "/slots", "/slots/0", "/metrics", "/props", "/", "/index.html", "/lora-adapters",
        "/models/load", "/tools", "/cors-proxy", "/anything",
    ])
    func theProxyRefusesWhatMustNotBePublic(path: String) throws {
        #expect(try !Self.isPublic(path))
    }

    @Test(arguments: [
        "/health", "/v1/chat/completions", "/v1/models", "/v1/embeddings", "/completion",
        "/tokenize",
    ])
    func theProxyPassesOnWhatClientsAsk(path: String) throws {
        #expect(try Self.isPublic(path))
    }

    @Test func theDashboardIsBehindALogin() throws {
        let file = try Self.lines("deploy/Caddyfile")
        let site = try #require(file.firstIndex(of: "dashboard.example.org {"))
        #expect(file[site + 1] == "basicauth {")
        #expect(file[site + 4] == "reverse_proxy 127.0.0.1:18081 {")
    }

    /// There is one way to the coordinator, behind the list, and everything else ends in 404.
    @Test func theProxyHasOneWayIn() throws {
        let file = try Self.lines("deploy/Caddyfile")
        #expect(
            file.filter { $0.hasPrefix("reverse_proxy") } == [
                "reverse_proxy 127.0.0.1:18081 {", "reverse_proxy 127.0.0.1:18080 {",
            ])
        let way = try #require(file.firstIndex(of: "handle @public {"))
        #expect(file[way + 1].hasPrefix("reverse_proxy 127.0.0.1:18080"))
        #expect(file.suffix(4) == ["handle {", "respond 404", "}", "}"])
    }
}
