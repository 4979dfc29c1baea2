import Foundation
import Survey

/// Whether ssh gets to a host without the agent of a login.
enum KeyCheck {
    /// A warning when only a key of an agent opens the host.
    static func finding(_ survey: HostSurvey) -> Finding? {
        guard let key = survey.agentKey else { return nil }
        // A key file without a passphrase serves as well once the agent is gone.
        let command = ["ssh-keygen", "-y", "-P", "", "-f", key]
        if key.hasPrefix("/"), access(key, R_OK) == 0,
            let answer = try? CommandOutput.of([command], timeout: 5).first, answer.status == 0
        {
            return nil
        }
        return Finding(
            survey.request.processes, at: survey.request.location, severity: .warning,
            "only a key of the ssh agent (\(key)) opens {host}: after a logout sollol cannot "
                + "connect there again",
            remedy: "Give it a key file without a passphrase, or keep the agent alive.")
    }
}
