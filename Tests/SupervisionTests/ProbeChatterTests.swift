import Testing

@testable import Supervision

/// What looks of `sollol` leave in a log.
@Suite struct ProbeChatterTests {
    private let idle = "0.03.924.491 I srv  update_slots: all slots are idle"

    @Test func theFirstLineOfARestStands() {
        var chatter = ProbeChatter()
        #expect(chatter.takes("main: server is listening") == .keep(after: 0))
        #expect(chatter.takes(idle) == .keep(after: 0))
        for _ in 0..<14_400 { #expect(chatter.takes(idle) == .drop) }
        let task = "0.06.019.970 I slot launch_slot_: id  0 | task 5 | processing task"
        #expect(chatter.takes(task) == .keep(after: 14_400))
        #expect(chatter.takes(idle) == .keep(after: 0))
    }

    /// As releases of 2025 log them.
    @Test func aRequestThatOnlyLooksIsLeftOutOthersAreNot() {
        var chatter = ProbeChatter()
        let looks = [
            "srv  log_server_r: request: GET /health 127.0.0.1 200",
            "0.01.000.000 D srv  log_server_r: done request: GET /slots 127.0.0.1 200",
            "srv  log_server_r: request: GET /props 10.0.0.1 200",
        ]
        #expect(looks.allSatisfy { chatter.takes($0) == .drop })
        #expect(
            chatter.takes("srv  log_server_r: request: GET /health 127.0.0.1 503")
                == .keep(after: 3))
        for other in [
            "srv  log_server_r: request: POST /completion 127.0.0.1 200",
            "srv  log_server_r: request: GET /healthy 127.0.0.1 200",
            "quoted: srv log_server_r: request: GET /health 127.0.0.1 200",
            "srv  log_server_r: request: GET /v1/models 127.0.0.1 200",
        ] { #expect(chatter.takes(other) == .keep(after: 0)) }
        #expect(ProbeChatter.remark(0) == nil)
        #expect(ProbeChatter.remark(3) == "sollol: 3 lines about looks at it left out")
    }
}
