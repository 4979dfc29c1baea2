import Foundation
import Testing

/// What every command that needs a configuration says of a broken one, on the terminal.
struct BrokenFileTests {
    typealias Place = CommandLinePlace

    @Test(arguments: [["up"], ["up", "--dry-run"], ["config"], ["check"], ["plan"]])
    func aBrokenFileStartsNothing(_ command: [String]) throws {
        let place = try Place()
        try place.write(
            "work/sollol.json", "{\"model\": 7,\n\"rpc_backends\": [\"-x\"], \"nam\": 1}")
        let outcome = try place.run([TestEnvironment.products + "/sollol"] + command)
        #expect(outcome.status == 78)
        #expect(outcome.output == "")
        #expect(
            outcome.errors == """
                error: ./sollol.json:1: model: expected a string, found the number 7.
                  1 | {"model": 7,
                    |           ^
                error: ./sollol.json:2: rpc_backends[0]: "-x" is neither an IPv4 address nor a \
                host name ([A-Za-z0-9._-]).
                  2 | "rpc_backends": ["-x"], "nam": 1}
                    |                  ^
                error: ./sollol.json:2: nam: unknown key
                  2 | "rpc_backends": ["-x"], "nam": 1}
                    |                         ^
                  did you mean "name"?
                """)
        #expect(access("\(place.folder)/started", F_OK) != 0)
    }
}
