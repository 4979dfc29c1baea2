import Foundation
import Testing

/// What goes wrong in a cluster across machines, one thing each time.
enum StagedFault: String, CaseIterable, Sendable {
    case workerKilled = "worker-killed"
    case hostOff = "host-off"
    case cut
    case hang
    case outOfMemory = "out-of-memory"
    case portTaken = "port-taken"
    case buildDiffers = "build-differs"
    case modelGone = "model-gone"
    case diskFull = "disk-full"
    case cacheFolderMissing = "cache-folder-missing"

    /// More members of `rpc_backends[0]`.
    var member: String {
        switch self {
        case .cacheFolderMissing: #", "cache": true, "environment": {"LLAMA_CACHE": "/cache"}"#
        default: ""
        }
    }

    /// Before the start.
    func prepare(_ bed: TestBed) throws {
        switch self {
        case .cacheFolderMissing:
            // Its disk is not mounted.
            try bed["one"].done("mkdir /cache && mount -t tmpfs -o ro tmpfs /cache")
        case .diskFull:
            let state = HostUser.root.home + "/.local/state"
            try bed.control.done(
                "mkdir -p \(state) && mount -t tmpfs -o size=256k,mode=0700 tmpfs \(state)")
        default: break
        }
    }

    /// Makes it happen in a cluster that serves. Returns when it was told.
    func happen(in place: FaultPlace) throws {
        let (cluster, sollol, bed) = (place.cluster, place.sollol, place.cluster.bed)
        switch self {
        case .workerKilled:
            try cluster.instance("worker-1").signal(SIGKILL)
            try sollol.waitFor("serving again")
        case .hostOff:
            try bed["one"].powerOff()
            for _ in 0..<2 { try sollol.waitFor("restarting in") }
        case .cut:
            try bed["two"].cut()
            for _ in 0..<2 { try sollol.waitFor("restarting in") }
        case .hang:
            let worker = try cluster.instance("worker-1")
            place.answer = cluster.tokensLater(count: 3900)
            try eventually("the request is being processed") {
                (try? cluster.busySlots()) == 1
            }
            worker.signal(SIGSTOP)
            try sollol.waitFor("restarting in")
        case .outOfMemory:
            try place.exhaustMemory(of: cluster.instance("worker-1"))
            try sollol.waitFor("restarting in")
        case .portTaken:
            try place.listen(on: bed["two"], port: 50052) {
                try cluster.instance("worker-2").signal(SIGKILL)
            }
            for _ in 0..<2 { try sollol.waitFor("restarting in") }
        case .buildDiffers:
            let worker = try cluster.instance("worker-1")
            let program = bed["one"].disk + "/local/ggml-rpc-server"
            unlink(program)
            try HostDisk.write(OtherRelease.rpcServer, to: program, mode: 0o755)
            worker.signal(SIGKILL)
            try sollol.waitFor("different RPC protocols")
        case .modelGone:
            let coordinator = try cluster.instance("coordinator")
            rename(place.modelOnDisk, place.modelOnDisk + ".away")
            coordinator.signal(SIGKILL)
            try sollol.waitFor("the model cannot be ")
        case .diskFull:
            _ = try bed.control.run("head -c 300k /dev/zero >~/.local/state/fill")
            // Lines that want to be written; its files have some room left.
            for _ in 0..<10 { _ = try cluster.tokens(count: 4) }
            try sollol.waitFor("No space left on device")
        case .cacheFolderMissing: break
        }
    }
}

extension TestHost {
    /// Runs shell text here that has to work.
    func done(_ text: String) throws {
        let run = try run(text)
        guard run.status == 0 else { throw TestFailure("\(name): \(text): \(run.errors)") }
    }
}
