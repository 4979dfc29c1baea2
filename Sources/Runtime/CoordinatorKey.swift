import Basics
import Supervision

/// The API key that a running coordinator was seen to take.
///
/// A class, since the questions to the coordinator and their answers share it.
final class CoordinatorKey {
    private let probes: Probes
    /// From which the next one is taken; nil: the API has no keys.
    var file: APIKeyFile?
    private var known: (run: ProcessRun, key: [UInt8])?

    init(_ probes: Probes) { self.probes = probes }

    /// The key of that run, where there is one.
    func key(of run: ProcessRun) -> [UInt8]? { known?.run == run ? known?.key : nil }

    /// Why a coordinator must not be started: its file of keys, where it lies here, would open its
    /// API, or close it to everybody. Another host is not asked: a start must not wait for it.
    var obstacle: String? {
        guard let file, file.isHere else { return nil }
        var problem: String?
        file.keys { if case .failure(let found) = $0 { problem = "\(file.name) \(found.text)" } }
        return problem
    }

    /// Asks a coordinator without a key, then with the first one of the file, which is read anew.
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
        guard let file else { return completion(.unknown("no file of keys is configured")) }
        file.keys { [self] result in
            switch result {
            case .failure(let problem):
                completion(.unknown("\(file.name) \(problem.text)"))
            case .success(let list):
                let key = list.keys[0]
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
