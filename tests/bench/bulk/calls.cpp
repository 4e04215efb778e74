// SPDX-License-Identifier: Apache-2.0
#include "calls.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <iterator>
#include <random>
#include <vector>

namespace bulk {
namespace {

constexpr std::size_t kAtOnce = 1000; // calls under way
constexpr unsigned kMediaPorts = 20'000;

/// One message of a script; requests come from the caller, responses go to it.
struct Step {
    const char *what;
    unsigned cseq;
    const char *method; // of the CSeq header
    char tag;           // To-tag, 0: none
    bool sdp;
};

constexpr Step kAnswered[] = {{"INVITE", 1, "INVITE", 0, true}, {"100", 1, "INVITE", 0, false},
                              {"183", 1, "INVITE", 'a', true},  {"PRACK", 2, "PRACK", 'a', false},
                              {"200", 2, "PRACK", 'a', false},  {"180", 1, "INVITE", 'a', false},
                              {"200", 1, "INVITE", 'a', true},  {"ACK", 1, "ACK", 'a', false},
                              {"media", 0, "", 0, false},       {"UPDATE", 3, "UPDATE", 'a', true},
                              {"200", 3, "UPDATE", 'a', true},  {"BYE", 4, "BYE", 'a', false},
                              {"200", 4, "BYE", 'a', false}};
constexpr Step kForked[] = {{"INVITE", 1, "INVITE", 0, true}, {"100", 1, "INVITE", 0, false},
                            {"183", 1, "INVITE", 'a', true},  {"183", 1, "INVITE", 'b', true},
                            {"180", 1, "INVITE", 'a', false}, {"180", 1, "INVITE", 'c', false},
                            {"200", 1, "INVITE", 'b', true},  {"ACK", 1, "ACK", 'b', false},
                            {"media", 0, "", 0, false},       {"BYE", 2, "BYE", 'b', false},
                            {"200", 2, "BYE", 'b', false}};
constexpr Step kChallenged[] = {{"INVITE", 1, "INVITE", 0, true}, {"100", 1, "INVITE", 0, false},
                                {"407", 1, "INVITE", 'p', false}, {"ACK", 1, "ACK", 'p', false},
                                {"INVITE", 2, "INVITE", 0, true}, {"100", 2, "INVITE", 0, false},
                                {"183", 2, "INVITE", 'a', true},  {"180", 2, "INVITE", 'a', false},
                                {"200", 2, "INVITE", 'a', true},  {"ACK", 2, "ACK", 'a', false},
                                {"media", 0, "", 0, false},       {"BYE", 3, "BYE", 'a', false},
                                {"200", 3, "BYE", 'a', false}};
constexpr Step kRefused[] = {{"INVITE", 1, "INVITE", 0, true},
                             {"100", 1, "INVITE", 0, false},
                             {"183", 1, "INVITE", 'a', true},
                             {"486", 1, "INVITE", 'a', false},
                             {"ACK", 1, "ACK", 'a', false}};
constexpr Step kCancelled[] = {{"INVITE", 1, "INVITE", 0, true}, {"100", 1, "INVITE", 0, false},
                               {"180", 1, "INVITE", 'a', false}, {"CANCEL", 1, "CANCEL", 0, false},
                               {"200", 1, "CANCEL", 'a', false}, {"487", 1, "INVITE", 'a', false},
                               {"ACK", 1, "ACK", 'a', false}};
constexpr Step kRegistered[] = {{"REGISTER", 1, "REGISTER", 0, false},
                                {"401", 1, "REGISTER", 'r', false},
                                {"REGISTER", 2, "REGISTER", 0, false},
                                {"200", 2, "REGISTER", 'r', false}};

struct Script {
    const Step *steps;
    std::size_t size;
};
template <std::size_t N> constexpr Script script(const Step (&steps)[N])
{
    return {steps, N};
}
constexpr std::array kScripts{script(kAnswered),   script(kAnswered), script(kForked),
                              script(kChallenged), script(kAnswered), script(kRefused),
                              script(kCancelled),  script(kAnswered), script(kRegistered),
                              script(kForked)};

const char *phrase(int status)
{
    switch (status) {
    case 100:
        return "Trying";
    case 180:
        return "Ringing";
    case 183:
        return "Session Progress";
    case 401:
        return "Unauthorized";
    case 407:
        return "Proxy Authentication Required";
    case 486:
        return "Busy Here";
    case 487:
        return "Request Terminated";
    default:
        return "OK";
    }
}

struct Call {
    std::uint64_t number = 0;
    Script script{};
    std::size_t step = 0;
    Link link;
    Host caller, callee;
    TcpSide forth, back;
    unsigned rtpLeft = 0, rtpSent = 0;
    std::string tags; // of early dialogs so far
};

class Writer
{
public:
    Writer(const Plan &plan, FrameFile &file) : m_plan(plan), m_file(file) {}
    Totals run();

private:
    Call begin();
    bool go(Call &call); // false: the call is over
    void send(Call &call, const Step &step);
    void text(const Call &call, const Step &step);
    void headers(const Call &call, const Step &step, std::string_view body);
    void carry(Call &call, bool forward);
    void media(Call &call);
    void count(Call &call, const Step &step);
    bool chosen(unsigned percent) { return m_random() % 100 < percent; }

    const Plan &m_plan;
    FrameFile &m_file;
    std::minstd_rand m_random{7};
    Totals m_totals;
    fmt::memory_buffer m_text, m_body;
};

Call Writer::begin()
{
    Call call;
    call.number = m_totals.calls++;
    call.script = kScripts[call.number % kScripts.size()];
    call.link = {chosen(m_plan.ipv6Share), chosen(m_plan.vlanShare), chosen(m_plan.tcpShare)};
    call.caller = {0x010000U + static_cast<std::uint32_t>(call.number % 5000), 5060};
    call.callee = {0x020001U + static_cast<std::uint32_t>(call.number % 3), 5060};
    if (call.link.tcp) {
        call.caller.port = static_cast<std::uint16_t>(20000 + call.number / 5000 % 40000);
        m_file.tcp(call.link, call.caller, call.callee, 0x02, call.forth, call.back, {});
        m_file.tcp(call.link, call.callee, call.caller, 0x12, call.back, call.forth, {});
    }
    m_totals.inviteCalls += call.script.steps != kRegistered ? 1 : 0;
    return call;
}

Totals Writer::run()
{
    std::vector<Call> calls;
    for (bool more = true; more || !calls.empty();) {
        more = m_totals.messages < m_plan.messages;
        if (more && calls.size() < kAtOnce) {
            calls.push_back(begin());
            go(calls.back());
            continue;
        }
        if (calls.empty())
            break;
        Call &next = calls[m_random() % calls.size()];
        if (go(next))
            continue;
        std::swap(next, calls.back());
        calls.pop_back();
    }
    return m_totals;
}

bool Writer::go(Call &call)
{
    m_file.advance(20'000 + m_random() % 40'000);
    const Step &step = call.script.steps[call.step];
    if (std::strcmp(step.what, "media") != 0) {
        send(call, step);
    } else if (m_plan.rtpPerMessage != 0) {
        if (call.rtpSent == 0)
            call.rtpLeft = m_plan.rtpPerMessage * 16;
        media(call);
        if (--call.rtpLeft > 0)
            return true;
    }
    return ++call.step < call.script.size;
}

void Writer::count(Call &call, const Step &step)
{
    ++m_totals.messages;
    const int status = step.what[0] <= '9' ? std::atoi(step.what) : 0;
    if (status == 0)
        return;
    ++m_totals.responses[status];
    const bool early = std::strcmp(step.method, "INVITE") == 0 && status > 100 && status < 300;
    if (early && call.tags.find(step.tag) == std::string::npos) {
        call.tags += step.tag;
        ++m_totals.earlyDialogs;
    }
}

void Writer::headers(const Call &call, const Step &step, std::string_view body)
{
    auto out = std::back_inserter(m_text);
    const auto n = call.number;
    const bool reliable = std::strcmp(step.what, "183") == 0;
    // CANCEL and the ACK of a refusal have the INVITE's branch (RFC 3261 sections 9.1, 17.1.1.3).
    const bool same =
        std::strcmp(step.method, "CANCEL") == 0 ||
        (std::strcmp(step.method, "ACK") == 0 && call.script.steps[call.step - 1].what[0] == '4');
    fmt::format_to(
        out,
        "Via: SIP/2.0/{} 10.{}.{}.{}:5060;branch=z9hG4bK-{:08x}-{}-{};rport\r\n"
        "Max-Forwards: 70\r\nFrom: \"Caller {}\" <sip:+4930{:08}@example.test>;tag=c{:x}\r\n"
        "To: <sip:+4989{:08}@example.test>",
        call.link.tcp ? "TCP" : "UDP", n % 251, n / 251 % 251, n % 7, n, step.cseq,
        same ? "INVITE" : step.method, n, n, n * 2654435761U, n + 17);
    if (step.tag != 0)
        fmt::format_to(out, ";tag=t{:x}{}", n * 40503U, step.tag);
    fmt::format_to(
        out,
        "\r\nCall-ID: {:x}-{:08}@10.1.{}.{}\r\nCSeq: {} {}\r\n"
        "Contact: <sip:user{}@10.1.0.{}:5060>\r\nAllow: INVITE, ACK, BYE, CANCEL, PRACK, "
        "UPDATE, OPTIONS, INFO, REFER, NOTIFY\r\nSupported: 100rel, timer, replaces\r\n",
        n * 2246822519U, n, n / 250 % 250, n % 250, step.cseq, step.method, n, n % 250);
    if (reliable)
        fmt::format_to(out, "Require: 100rel\r\nRSeq: 1\r\n");
    if (std::strcmp(step.what, "PRACK") == 0)
        fmt::format_to(out, "RAck: 1 1 INVITE\r\n");
    if (step.what[0] == '4' && step.what[1] == '0')
        fmt::format_to(out, "{}-Authenticate: Digest realm=\"example.test\", nonce=\"{:x}\"\r\n",
                       step.what[2] == '7' ? "Proxy" : "WWW", n);
    if (!body.empty())
        fmt::format_to(out, "Content-Type: application/sdp\r\n");
}

void Writer::text(const Call &call, const Step &step)
{
    m_text.clear();
    m_body.clear();
    const auto n = call.number;
    if (step.sdp) {
        const bool offer = step.what[0] > '9';
        fmt::format_to(
            std::back_inserter(m_body),
            "v=0\r\no=- {0} 1 IN IP4 10.{1}.{2}.{3}\r\ns=-\r\nc=IN IP4 10.{1}.{2}.{3}\r\n"
            "t=0 0\r\nm=audio {4} RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
            "a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
            n, offer ? 3 : 4, n / kMediaPorts % 250, offer ? 1 : 2, 10000 + n % kMediaPorts * 2);
    }
    if (step.what[0] <= '9')
        fmt::format_to(std::back_inserter(m_text), "SIP/2.0 {} {}\r\n", step.what,
                       phrase(std::atoi(step.what)));
    else
        fmt::format_to(std::back_inserter(m_text), "{} sip:+4989{:08}@example.test SIP/2.0\r\n",
                       step.what, n + 17);
    const std::string_view body(m_body.data(), m_body.size());
    headers(call, step, body);
    const std::string_view closing = "User-Agent: \r\nContent-Length: 000\r\n\r\n";
    const std::size_t wanted = m_plan.bytes + m_random() % 64 - 32;
    const std::size_t there = m_text.size() + closing.size() + body.size();
    const std::size_t filler = wanted > there + 8 ? wanted - there : 8;
    fmt::format_to(std::back_inserter(m_text), "User-Agent: {:u<{}}\r\nContent-Length: {}\r\n\r\n",
                   "generator/", filler, body.size());
    m_text.append(body.data(), body.data() + body.size());
}

void Writer::send(Call &call, const Step &step)
{
    text(call, step);
    count(call, step);
    carry(call, step.what[0] > '9');
    if (m_plan.keepAlives && m_random() % 8 == 0) {
        m_text.clear();
        m_text.append(std::string_view("\r\n\r\n"));
        carry(call, true);
    }
}

/// Over TCP a third of the messages are split in two segments.
void Writer::carry(Call &call, bool forward)
{
    const std::string_view whole(m_text.data(), m_text.size());
    const Host &from = forward ? call.caller : call.callee,
               &to = forward ? call.callee : call.caller;
    if (!call.link.tcp) {
        m_file.udp(call.link, from, to, whole);
        return;
    }
    TcpSide &sender = forward ? call.forth : call.back,
            &receiver = forward ? call.back : call.forth;
    const std::size_t cut =
        m_random() % 3 == 0 ? 1 + m_random() % (whole.size() - 1) : whole.size();
    m_file.tcp(call.link, from, to, 0x18, sender, receiver, whole.substr(0, cut));
    if (cut < whole.size())
        m_file.tcp(call.link, from, to, 0x18, sender, receiver, whole.substr(cut));
}

/// One packet of one of the two streams; every hundredth of a stream is lost.
void Writer::media(Call &call)
{
    const auto n = call.number;
    const unsigned sent = call.rtpSent++;
    const bool forth = sent % 2 == 0;
    const unsigned sequence = sent / 2;
    m_totals.rtpStreams += sent < 2 ? 1 : 0;
    if (sequence % 100 == 50) {
        ++m_totals.rtpLost;
        return;
    }
    ++m_totals.rtpPackets;
    std::array<char, 172> packet{};
    packet.fill(static_cast<char>(0xD5));
    packet[0] = static_cast<char>(0x80);
    packet[1] = 8;
    const std::uint32_t stamp = sequence * 160;
    const auto ssrc = static_cast<std::uint32_t>(n * 2 + (forth ? 0 : 1));
    for (unsigned i = 0; i < 4; ++i) {
        packet[4 + i] = static_cast<char>(stamp >> (24 - 8 * i));
        packet[8 + i] = static_cast<char>(ssrc >> (24 - 8 * i));
    }
    packet[2] = static_cast<char>(sequence >> 8U);
    packet[3] = static_cast<char>(sequence);
    const auto port = static_cast<std::uint16_t>(10000 + n % kMediaPorts * 2);
    const auto group = static_cast<std::uint32_t>(n / kMediaPorts % 250);
    const Host caller{0x030000U | group << 8U | 1U, port},
        callee{0x040000U | group << 8U | 2U, port};
    Link link = call.link;
    link.ipv6 = link.tcp = false;
    m_file.udp(link, forth ? caller : callee, forth ? callee : caller,
               {packet.data(), packet.size()});
}

} // namespace

Totals write(const Plan &plan, FrameFile &file)
{
    return Writer(plan, file).run();
}

} // namespace bulk
