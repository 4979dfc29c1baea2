import Foundation

/// What a request on another thread came back with.
final class Answer: @unchecked Sendable {  // The semaphore orders the one write and the reads.
    private let done = DispatchSemaphore(value: 0)
    private var result: Result<[Int], any Error> = .failure(TestFailure("no answer"))

    func finish(_ result: Result<[Int], any Error>) {
        self.result = result
        done.signal()
    }

    func wait() -> Result<[Int], any Error> {
        done.wait()
        done.signal()
        return result
    }
}

extension LocalCluster {
    /// How many slots of a llama-server are processing.
    static func busySlots(
        host: String = "127.0.0.1", port: Int, key: String? = nil
    ) throws -> Int {
        let answer = try request("GET", "/slots", "", host: host, port: port, key: key)
        let slots = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [[String: Any]]
        return slots?.filter { $0["is_processing"] as? Bool == true }.count ?? 0
    }
}
