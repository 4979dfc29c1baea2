import Foundation
import Testing

/// A worker that gets no layer, on a host that cannot be reached when the cluster comes up.
@Suite(.enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct SpareHostTests {
    private static func bed() throws -> PreflightBed {
        try PreflightBed([HostOptions("one"), HostOptions("slow")])
    }

    /// Two workers, of which the second computes a tenth as fast.
    ///
    /// - Parameter connect: seconds that a host has to be reached.
    private static func up(
        _ bed: PreflightBed, connect: Int, model: String? = nil
    ) throws -> RunningProgram {
        let backends = [("one", 10), ("slow", 1)].map { host, speed in
            """
            {"host": "\(host)", "transport": "ssh", "speed": \(speed), "memory_limit": "100MiB"}
            """
        }
        let path = try bed.configuration(
            backends, model: model,
            extra: """
                "placement": {"strategy": "fastest"}, "restart": {"degrade_after": 1},
                "timeouts": {"connect": \(connect)}
                """)
        return try RunningProgram(
            on: bed.bed.control, ["\(TestEnvironment.products)/sollol", "up", "--config", path])
    }

    /// What `sollol status` warns of.
    private static func warnings(_ bed: PreflightBed) throws -> [String] {
        let run = try bed.bed.control.run(
            "'\(TestEnvironment.products)/sollol' status --name test")
        #expect(run.status == 0, "\(run)")
        return run.output.split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("warning: ")
        }
    }

    private static func end(_ sollol: RunningProgram) {
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
    }

    /// By what is recorded it will be a spare: an hour for its host is not waited for.
    @Test func aSparesHostIsNotWaitedFor() throws {
        let bed = try Self.bed()
        let first = try Self.up(bed, connect: 3600)
        try first.waitFor("worker-2 is a spare")
        try first.waitFor("serving at")
        Self.end(first)
        try bed.bed["slow"].cut()
        let sollol = try Self.up(bed, connect: 3600)
        let warning = try sollol.waitFor("warning: worker-2: ")
        #expect(warning.contains("slow has not answered yet"), "\(warning)")
        try sollol.waitFor("worker-2 is a spare")
        try sollol.waitFor("serving at")
        let told = try Self.warnings(bed)
        #expect(
            told.count == 1 && told[0].contains("slow had not answered when the others had"),
            "\(told)")
        // Called in, it is started like any other worker.
        try bed.bed["slow"].heal()
        try bed.bed["one"].powerOff()
        try sollol.waitFor("calling in worker-2")
        try sollol.waitFor("serving again")
        #expect(try Self.warnings(bed).filter { $0.contains("a spare") } == [])
        // What became of the other one nobody can tell.
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 69)
    }

    /// Where nothing is recorded the host might be needed, until the others have answered.
    @Test func anUnreachableSpareIsNoReasonToRefuse() throws {
        let bed = try Self.bed()
        try bed.bed["slow"].cut()
        let sollol = try Self.up(bed, connect: 3)
        try sollol.waitFor("warning: worker-2: ssh slow true fails")
        try sollol.waitFor("warning: worker-2: nothing is known of slow")
        try sollol.waitFor("worker-2 is a spare")
        try sollol.waitFor("serving at")
        let told = try Self.warnings(bed)
        #expect(
            told.count == 1
                && told[0].contains("worker-2, a spare, may not start when it is needed")
                && told[0].contains("ssh slow true fails"), "\(told)")
        try bed.bed["slow"].heal()
        let reload = "'\(TestEnvironment.products)/sollol' reload --name test"
        #expect(try bed.bed.control.run(reload).status == 0)
        #expect(try Self.warnings(bed) == [])
        Self.end(sollol)
        #expect(try bed.leftovers() == [])
    }

    /// The model has grown, and the other worker cannot hold it alone any more.
    @Test func aHostThatIsNeededAfterAllIsWaitedFor() throws {
        let bed = try Self.bed()
        let model = "\(HostUser.root.home)/model.gguf"
        func use(_ file: String) throws {
            #expect(try bed.bed.control.run("ln -sfn '\(file)' '\(model)'").status == 0)
        }
        try use(TestEnvironment.smallModel())
        let first = try Self.up(bed, connect: 3, model: model)
        try first.waitFor("worker-2 is a spare")
        try first.waitFor("serving at")
        Self.end(first)
        try bed.bed["slow"].cut()
        try use(TestEnvironment.model(["--layers", "20"]))
        let sollol = try Self.up(bed, connect: 3, model: model)
        try sollol.waitFor("error: worker-2: ssh slow true fails")
        #expect(sollol.exitStatus() == 69)
        try bed.bed["slow"].heal()
        #expect(try bed.leftovers() == [])
    }
}
