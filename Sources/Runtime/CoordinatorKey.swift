import Basics
import LlamaCpp
import Supervision

/// The API key that a running coordinator was seen to take.
///
/// A class, since the questions to the coordinator and their answers share it.
final class CoordinatorKey {
    private let probes: Probes
    /// From which the next one is taken; nil: the API has no keys.
    var file: APIKeyFile?
    private var known: (run: ProcessRun, key: [UInt8])?
    /// What the file held just before a run was started.
    private var candidate: (run: ProcessRun, list: APIKeyList)?

    init(_ probes: Probes) { self.probes = probes }

    /// The key of that run, where there is one.
    func key(of run: ProcessRun) -> [UInt8]? { known?.run == run ? known?.key : nil }

    /// Reads the file before a coordinator does; completes with why that one must not start: its
    /// file would open its API, or close it to everybody.
    ///
    /// What is wrong with a connection to another host the start itself tells better.
    func read(before run: ProcessRun, _ completion: @escaping (String?) -> Void) {
        known = nil
        guard let file else { return completion(nil) }
        file.keys { [self] result in
            switch result {
            case .success(let list):
                candidate = (run, list)
                completion(nil)
            case .failure(let problem):
                let isSure = file.isHere || problem.isRead
                completion(isSure ? "\(file.name) \(problem.text)" : nil)
            }
        }
    }

    /// Whether the file holds other keys than when the last coordinator read it; false where nobody
    /// can tell.
    func haveChanged(_ completion: @escaping (Bool) -> Void) {
        guard let file, let former = candidate?.list else { return completion(false) }
        file.keys { result in
            guard case .success(let list) = result else { return completion(false) }
            completion(list != former)
        }
    }

    /// Asks a coordinator without a key, then with the first one of the file.
    ///
    /// - Parameter place: where, looked at before each question; nil: it is being ended.
    func prove(
        _ run: ProcessRun, at place: @escaping () -> Endpoint?, timeout: Double,
        _ completion: @escaping (APIAccess) -> Void
    ) {
        known = nil
        ask(place, nil, timeout) { [self] answer in
            switch answer {
            case .status(401): proveOurs(run, at: place, timeout, completion)
            case .status(let status): completion(.open(status: status))
            case .none(let problem): completion(.unknown(problem))
            }
        }
    }

    private func proveOurs(
        _ run: ProcessRun, at place: @escaping () -> Endpoint?, _ timeout: Double,
        _ completion: @escaping (APIAccess) -> Void
    ) {
        guard let candidate, candidate.run == run else {
            return read(before: run) { [self] problem in
                if let candidate, candidate.run == run {
                    proveOurs(run, at: place, timeout, completion)
                } else {
                    completion(.unknown(problem ?? "\(file?.name ?? "its file") cannot be read"))
                }
            }
        }
        let key = candidate.list.keys[0]
        ask(place, key, timeout) { [self] answer in
            switch answer {
            case .status(let status) where (401...403).contains(status):
                completion(.refused(status: status))
            case .status:
                known = (run, key)
                completion(.guarded)
            case .none(let problem): completion(.unknown(problem))
            }
        }
    }

    private enum Answer { case status(Int), none(String) }

    /// `/props` has needed a key in every release that has keys, does nothing, and does not wake a
    /// sleeping server.
    private func ask(
        _ place: () -> Endpoint?, _ key: [UInt8]?, _ timeout: Double,
        _ completion: @escaping (Answer) -> Void
    ) {
        guard let place = place() else { return }
        probes.get("/props", at: place, apiKey: key, timeout: timeout) { answer in
            switch answer?.status {
            case let status? where status < 500: completion(.status(status))
            case let status?: completion(.none("GET /props: status \(status)"))
            case nil: completion(.none("GET /props: no answer"))
            }
        }
    }
}
