// SPDX-License-Identifier: Apache-2.0
// The built-in peers: callee, RFC 5626 edge proxies, registrar. Our second, independent SIP
// implementation (no sofia), on loopback ports the system chooses, on one thread of its own. Driven
// by a scenario.
#pragma once

#include <base/inbox.h>
#include <base/packet.h>
#include <base/result.h>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

/// What the engine has to do in a story; times count from the story's start, or from the step
/// before.
enum class StepKind : unsigned char {
    Register,   // the account registers; the step is done when all its flows are up
    Call,       // alice calls; done at the final response
    ReRegister, // every flow of the account that is not up registers again now
    Recover,    // done when a flow that worked was lost and all of them are up again
    Wait,
    Crowd,  // the other user agents of the edge register; done when all of them are up
    Fault,  // what the story lets go wrong with its edges happens now
    HangUp, // ends the answered call
};
struct Step {
    StepKind kind = StepKind::Wait;
    base::Duration wait{0}; // before it begins
    std::string caption;    // what the audience reads
};

struct Scenario {
    std::string name, title, summary; // "early-media", "183 with early media", one line
    std::vector<Step> steps;
    std::vector<std::string>
        findings; // rule ids the run must end with: exactly these of severity error and warning
    bool hasAccount = false; // bob registers over `edges` flows
    int edges = 0;
    bool answerIncoming = false; // our account answers the calls it gets (with ringback first)
    std::string peers;           // the TOML text, for the peers' own settings
};

/// Many user agents behind one edge, and how they come back after it lost them all.
struct CrowdReport {
    std::size_t members = 0, up = 0;
    std::size_t lost = 0;                          // at once, the last time; 0: not yet
    std::vector<base::Duration> attempts, returns; // since that loss, in order
    base::Duration backOffBase{0}, backOffMost{0}; // as played
    int scale = 1; // as many times as fast as the RFC's; what follows tells times scaled back

    base::Duration window() const;     // as played: a sixth of the base
    std::size_t busiestReturn() const; // within any window()
    std::vector<std::size_t> bars(const std::vector<base::Duration> &times) const; // a window each
    std::string sentence() const; // without its full stop; empty: no crowd
    std::string table() const;    // empty: nothing was lost
};

/// Reads one story. Errors name the line.
base::Result<Scenario> parseScenario(std::string_view name, std::string_view toml);
base::Result<Scenario> scenario(std::string_view name); // a built-in one
std::vector<Scenario> scenarios();                      // all built-in ones

class Lab
{
public:
    /// Opens the sockets and starts the peers. Hops whose both ends are lab peers are emitted to
    /// `sink` (Origin::Lab); what the engine sends and receives is its own tap's business.
    static base::Result<std::unique_ptr<Lab>> start(const Scenario &scenario,
                                                    base::Inbox<base::Packet> &sink);
    ~Lab(); // closes and joins within 1 s

    std::string target() const;    // whom alice calls: "sip:bob@127.0.0.1:40123"
    std::string caller() const;    // alice's own URI
    std::string callProxy() const; // route for the call, empty: none
    base::Transport callTransport() const;
    std::string aor() const; // the account's address of record, empty: no account in this story
    std::vector<std::string>
    proxies() const; // its outbound proxies (the edges), with transport parameter
    std::map<std::string, std::string>
    names() const; // "127.0.0.1:40123" -> "edge-b", for the ladder's lanes
    /// Faults from outside, as a scenario step or a test asks for them: the edge forgets its
    /// connections.
    void dropFlows(int edge);
    void strike(); // the fault of the edges, now
    void startCrowd();
    CrowdReport crowd() const;

private:
    Lab();
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace lab
