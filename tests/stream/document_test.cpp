// SPDX-License-Identifier: Apache-2.0
// The JSON document of a rich input, compared with what the manual says of it.
#include <diagnosis/flaws_seen.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <report/format.h>
#include <session/session.h>
#include <set>
#include <sstream>
#include <support/conversation.h>
#include <support/places.h>

namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char *kInstance = "+sip.instance=\\\"<urn:uuid:1>\\\"";

/// A registration over an edge, a forked call with early media, a transfer, a call through a
/// back-to-back user agent, RTP of nobody.
std::string richConversation()
{
    const std::string contact = std::string("Contact: <sip:bob@192.0.2.20>;reg-id=1;") + kInstance;
    return R"(
0.0 bob>edge REGISTER tcp call=r1 ")" +
           contact + R"(;expires=600" "Supported: path, outbound" "User-Agent: phone"
0.01 edge>bob 200 tcp ")" +
           contact +
           R"(;expires=600;q=0.5" "Path: <sip:AAAAAAAAAAAAAALAAAICE8TAAAIUE8Q=@edge;lr;ob>" "Require: outbound" "Flow-Timer: 120" "Service-Route: <sip:home;lr>"
0.5 bob>edge ping tcp
0.51 edge>bob pong tcp
1.0 alice>proxy INVITE offer call=c1 "Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000"
1.0 alice>proxy again
1.01 proxy>alice 100
1.1 proxy>alice 183 tag=x1 sdp=0@carol rseq=1
1.2 proxy>alice 180 tag=x2
1.2 carol>alice rtp 50 port=6000 toport=4000
1.21 gw>edge2 rtp 60 port=9000 toport=9002 ssrc=77
3.0 proxy>alice 200 tag=x2 answer
3.05 alice>proxy ACK tag=x2
4.0 proxy>alice REFER reverse tag=a from=x2 cseq=7 call=c1 "Refer-To: <sip:dan@example.test?Replaces=c9%40example.test%3Bto-tag%3D1>" "Referred-By: <sip:bob@example.test>"
4.01 alice>proxy 202 for=REFER
4.02 alice>proxy NOTIFY tag=x2 cseq=8 call=c1 "Event: refer"
4.1 edge>bob INVITE tcp offer call=c2 from=b2b "Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000" "Route: <sip:AAAAAAAAAAAAAALAAAICE8TAAAIUE8Q=@edge;lr;ob>"
4.2 bob>edge 486 tcp
4.21 edge>bob ACK tcp call=c2 from=b2b
5.0 alice>home INVITE offer call=c3 "Route: <sip:AAAAAAAAAAAAAALAAAICE8TAAAIUE8Q=@edge;lr>"
5.02 home>alice 430
5.03 alice>home ACK call=c3
8.0 alice>proxy BYE tag=x2 call=c1
8.01 proxy>alice 200 for=BYE
)";
}

/// A NOTIFY of the transfer in call c1: the conversation's notation has no other bodies than SDP.
base::Packet notify()
{
    const std::string body = "SIP/2.0 180 Ringing\r\n";
    base::Packet packet;
    packet.time = support::Conversation::kStart + std::chrono::milliseconds(4500);
    packet.transport = base::Transport::Udp;
    packet.source = support::spoken::host("alice", 5060);
    packet.destination = support::spoken::host("proxy", 5060);
    packet.payload = base::Blob::copy(
        "NOTIFY sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKn\r\n"
        "From: <sip:alice@example.test>;tag=a\r\nTo: <sip:bob@example.test>;tag=x2\r\n"
        "Call-ID: c1@example.test\r\nCSeq: 9 NOTIFY\r\nEvent: refer\r\n"
        "Content-Type: message/sipfrag;version=2.0\r\nContent-Length: 21\r\n\r\n" +
        body);
    return packet;
}

class Document : public testing::Test
{
protected:
    void tell(const std::string &text, const std::vector<base::Packet> &extra = {})
    {
        const support::Conversation spoken(text);
        ASSERT_EQ(spoken.error(), "");
        session::Options options;
        options.live = false;
        m_session = std::move(session::Session::open(options).value());
        for (const auto &packet : spoken.packets())
            ASSERT_TRUE(m_session->inbox().push(packet));
        for (const auto &packet : extra)
            ASSERT_TRUE(m_session->inbox().push(packet));
        ASSERT_TRUE(m_session->settle(std::chrono::seconds(20)));
        base::Instant now;
        for (const auto &view : m_session->calls()) {
            m_calls.push_back(
                {view->call, view->streams, view->findings, {}, view->now, view->legs});
            now = std::max(now, view->now);
        }
        m_flows = m_session->flows();
        m_streams = m_session->streams(std::chrono::seconds(20));
        m_files.push_back({"in.pcap", 0, {"Ethernet"}, 10, 3, 2, 1, false, {"a flaw"}, {}});
        m_input = std::make_unique<report::ReportInput>(report::ReportInput{m_session->trace(),
                                                                            m_calls,
                                                                            m_flows,
                                                                            {},
                                                                            now,
                                                                            "a test",
                                                                            true,
                                                                            {},
                                                                            {},
                                                                            m_files,
                                                                            m_streams});
    }
    json document() const { return json::parse(report::jsonOf(*m_input)); }
    static const json &call(const json &document, const std::string &id)
    {
        static const json kNone;
        for (const auto &call : document["calls"])
            if (call["call_id"] == id + "@example.test")
                return call;
        ADD_FAILURE() << "no call " << id;
        return kNone;
    }

    std::unique_ptr<session::Session> m_session;
    std::vector<report::ReportCall> m_calls;
    std::vector<std::shared_ptr<const flows::Flow>> m_flows;
    std::vector<std::shared_ptr<const rtp::Stream>> m_streams;
    std::vector<report::ReportFile> m_files;
    std::unique_ptr<report::ReportInput> m_input;
};

using Keys = std::map<std::string, std::set<std::string>>;

/// Every key of the document under its path; objects whose keys are data are left out.
void collect(const json &value, const std::string &path, Keys &out)
{
    if (value.is_array()) {
        for (const auto &item : value)
            collect(item, path + "[]", out);
        return;
    }
    if (!value.is_object() || path.ends_with(".methods") || path.ends_with(".status_codes"))
        return;
    for (const auto &[key, item] : value.items()) {
        out[path.empty() ? "." : path].insert(key);
        collect(item, path.empty() ? key : path + "." + key, out);
    }
}

/// The same from the manual: a heading with a path, tables whose first column names keys.
Keys manualKeys()
{
    std::ifstream in(support::sourceFolder() / "resources/manual/check-json.md");
    Keys out;
    std::string line, path;
    while (std::getline(in, line)) {
        if (line.starts_with("## `")) {
            path = line.substr(4, line.find('`', 4) - 4);
        } else if (line.starts_with("# ")) {
            path.clear();
        } else if (line.starts_with("| `") && !path.empty()) {
            const std::string names = line.substr(1, line.find('|', 1) - 1);
            for (std::size_t at = names.find('`'); at != std::string::npos;) {
                const std::size_t end = names.find('`', at + 1);
                out[path].insert(names.substr(at + 1, end - at - 1));
                at = names.find('`', end + 1);
            }
        }
    }
    return out;
}

TEST_F(Document, HasTheKeysThatTheManualNamesAndNoOthers)
{
    tell(richConversation() + R"(
9.0 alice>proxy INVITE offer call=c5
9.1 proxy>alice 183 tag=y sdp=0@bob
9.3 proxy>alice 200 tag=y sdp=0@bob:5100
)",
         {notify()});
    Keys told;
    collect(document(), {}, told);
    told.erase("findings[]"); // as those of the calls
    told.erase("findings[].evidence[]");
    told.erase("findings[].fixes[]");
    told.erase("findings[].actions[]");
    told.erase("calls[].early_dialogs[].heard"); // as that of the media
    told.erase("calls[].early_dialogs[].heard.parts[]");
    const Keys written = manualKeys();
    for (const auto &[path, keys] : written)
        EXPECT_EQ(told[path], keys) << path;
    for (const auto &[path, keys] : told)
        EXPECT_TRUE(written.contains(path)) << path << " is not in the manual";
}

TEST_F(Document, CountsMessagesAndTellsEarlyDialogs)
{
    tell(richConversation(), {notify()});
    const json told = document();
    EXPECT_EQ(told["schema_version"], 1);
    EXPECT_EQ(told["files"][0]["sip_messages"], 2);
    const json &c1 = call(told, "c1");
    EXPECT_EQ(c1["methods"],
              (json{{"INVITE", 2}, {"ACK", 1}, {"BYE", 1}, {"REFER", 1}, {"NOTIFY", 2}}));
    EXPECT_EQ(c1["status_codes"],
              (json{{"100", 1}, {"180", 1}, {"183", 1}, {"200", 2}, {"202", 1}}));
    EXPECT_EQ(c1["retransmissions"], 1);
    ASSERT_THAT(c1["early_dialogs"], SizeIs(2));
    EXPECT_EQ(c1["early_dialogs"][0]["to_tag"], "x1");
    EXPECT_EQ(c1["early_dialogs"][0]["state"], "terminated");
    EXPECT_EQ(c1["early_dialogs"][0]["media"]["address"], "192.0.2.30:6000");
    EXPECT_EQ(c1["early_dialogs"][0]["media"]["rtp_packets"], 50);
    EXPECT_EQ(c1["early_dialogs"][0]["media"]["heard"], c1["early_dialogs"][0]["heard"]);
    EXPECT_EQ(c1["early_dialogs"][0]["heard"]["parts"].size(), 1U);
    ASSERT_THAT(c1["ears"], SizeIs(7));
    EXPECT_EQ(c1["ears"][0]["policy"], "RFC 3960");
    EXPECT_EQ(c1["ears"][0]["hears"].back()["what"], "answer");
    EXPECT_EQ(c1["early_dialogs"][1]["state"], "terminated"); // by the BYE
    EXPECT_DOUBLE_EQ(c1["times"]["answered"].get<double>(), 2.0);
    EXPECT_EQ(c1["joined_legs"][0]["call_id"], "c2@example.test");
    EXPECT_EQ(c1["call_ids"], (json{"c1@example.test", "c2@example.test"}));
    ASSERT_THAT(c1["transfers"], SizeIs(1));
    EXPECT_EQ(c1["transfers"][0]["refer_to"], "sip:dan@example.test");
    EXPECT_EQ(c1["transfers"][0]["replaces"], "c9@example.test");
    EXPECT_EQ(c1["transfers"][0]["status"], 202);
    EXPECT_EQ(c1["transfers"][0]["progress"][0]["code"], 180);
}

TEST_F(Document, AMessageOfNoCallHasItsFindingWithoutOne)
{
    base::Packet stray = notify();
    std::string text(stray.payload.text());
    const std::size_t at = text.find("Call-ID");
    text.erase(at, text.find("\r\n", at) + 2 - at);
    stray.payload = base::Blob::copy(text);
    tell("0.0 alice>proxy OPTIONS call=c1\n0.1 proxy>alice 200 tag=t\n", {stray});
    m_input->loose = diagnosis::looseFindings(m_session->trace());
    const json told = document();
    ASSERT_THAT(told["findings"], SizeIs(1));
    const json &finding = told["findings"][0];
    EXPECT_EQ(finding["rule"], "msg-flaw");
    EXPECT_TRUE(finding["call"].is_null());
    EXPECT_EQ(finding["rows"], json::array({3}));
    EXPECT_THAT(finding["text"].get<std::string>(), HasSubstr("a mandatory header is missing"));
    EXPECT_THAT(finding["evidence"][0]["where"].get<std::string>(), HasSubstr("message 3"));
}

TEST_F(Document, LegsOfLegsBelongToTheCallToo)
{
    const auto session = [](int local, int remote) {
        const auto id = [](int n) { return std::string(31, '0') + std::to_string(n); };
        return "\"Session-ID: " + id(local) + ";remote=" + id(remote) + "\"";
    };
    // The middle leg has a Session-ID in common with each of the others, those have none.
    tell("0.00 alice>proxy INVITE offer call=c1 " + session(1, 2) +
         "\n0.01 proxy>edge INVITE offer call=c2 from=x " + session(2, 3) +
         "\n0.02 edge>bob INVITE offer call=c3 from=y " + session(3, 4) +
         "\n0.10 bob>edge 180 tag=t\n");
    const json told = document();
    const json &c1 = call(told, "c1");
    EXPECT_EQ(c1["call_ids"], (json{"c1@example.test", "c2@example.test", "c3@example.test"}));
    ASSERT_THAT(c1["joined_legs"], SizeIs(2));
    EXPECT_EQ(c1["joined_legs"][0]["with"], "c1@example.test");
    for (const json &leg : c1["joined_legs"])
        EXPECT_FALSE(leg["reasons"].empty());
    // All of them in one ladder, once, through the hosts that they have in common.
    ASSERT_THAT(c1["joined_ladder"], SizeIs(4));
    json path = json::array();
    for (const json &row : c1["joined_ladder"])
        path.push_back({row["row"], row["call_id"], row["from"], row["to"]});
    EXPECT_EQ(path, (json{{1, "c1@example.test", "192.0.2.10", "192.0.2.4"},
                          {2, "c2@example.test", "192.0.2.4", "192.0.2.2"},
                          {3, "c3@example.test", "192.0.2.2", "192.0.2.20"},
                          {4, "c3@example.test", "192.0.2.20", "192.0.2.2"}}));
    EXPECT_TRUE(call(told, "c2")["joined_ladder"].is_null());
    EXPECT_TRUE(call(told, "c3")["joined_ladder"].is_null());
}

TEST_F(Document, ACallOfItsOwnHasNoJoinedLadder)
{
    tell("0.0 alice>proxy OPTIONS call=c1\n0.1 proxy>alice 200 tag=t\n", {});
    EXPECT_TRUE(call(document(), "c1")["joined_ladder"].is_null());
}

TEST_F(Document, RegistrationsFlowsAndStreams)
{
    tell(richConversation(), {notify()});
    const json told = document();
    ASSERT_THAT(told["registrations"], SizeIs(1));
    const json &registration = told["registrations"][0];
    EXPECT_EQ(registration["aor"], "sip:bob@example.test");
    EXPECT_EQ(registration["state"], "registered");
    EXPECT_EQ(registration["bindings"][0]["reg_id"], 1);
    EXPECT_EQ(registration["bindings"][0]["expires"], 600);
    EXPECT_EQ(registration["bindings"][0]["q"], 0.5);
    EXPECT_EQ(registration["flow_timer"], 120);
    EXPECT_EQ(registration["outbound_granted"], true);
    ASSERT_THAT(told["flows"], SizeIs(1));
    const json &flow = told["flows"][0];
    EXPECT_EQ(flow["state"], "failed"); // the 430 in c3 says that its edge has it no more
    EXPECT_EQ(flow["instance"], "urn:uuid:1");
    EXPECT_EQ(flow["token_decoded"]["user_agent"], "192.0.2.20:5060");
    EXPECT_EQ(flow["token_matches"], true);
    EXPECT_FALSE(flow["last_pong"].is_null());
    const json &token = call(told, "c3")["flow_tokens"][0];
    EXPECT_EQ(token["header"], "Route");
    EXPECT_EQ(token["decoded"]["transport"], "TCP");

    ASSERT_THAT(told["rtp_streams"], SizeIs(2));
    const json &bound = told["rtp_streams"][0], &loose = told["rtp_streams"][1];
    EXPECT_EQ(bound["bound_to"]["call_id"], "c1@example.test");
    EXPECT_EQ(bound["bound_to"]["to_tag"], "x1");
    EXPECT_EQ(loose["ssrc"], "0000004d");
    EXPECT_EQ(loose["packets"], 60);
    EXPECT_EQ(loose["payload_types"], json::array({0}));
    EXPECT_TRUE(loose["bound_to"].is_null());
}

TEST_F(Document, FindingsStandInOneListToo)
{
    tell(richConversation(), {notify()});
    const json told = document();
    std::size_t count = 0;
    for (const auto &call : told["calls"])
        count += call["findings"].size();
    EXPECT_GT(count, 0U);
    EXPECT_EQ(told["findings"].size(), count);
    for (const auto &finding : told["findings"])
        EXPECT_THAT(finding["call"].get<std::string>(), HasSubstr("@example.test"));
}

TEST_F(Document, OneCallPerLine)
{
    tell(richConversation(), {notify()});
    std::ostringstream out;
    report::writeJsonLines(*m_input, out);
    std::istringstream in(out.str());
    std::vector<json> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(json::parse(line));
    ASSERT_EQ(lines.size(), m_calls.size() + 1);
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
        EXPECT_EQ(lines[i]["type"], "call");
        lines[i].erase("type");
        EXPECT_EQ(lines[i], document()["calls"][i]);
    }
    EXPECT_EQ(lines.back()["type"], "summary");
    EXPECT_EQ(lines.back()["calls"], m_calls.size());
    EXPECT_EQ(lines.back()["registrations"], document()["registrations"]);
}

TEST_F(Document, TextAndPageTellTheSame)
{
    tell(richConversation(), {notify()});
    for (const char *id : {"text", "html"}) {
        std::ostringstream out;
        report::format(id)->write(*m_input, out);
        EXPECT_THAT(out.str(), HasSubstr("Registrations")) << id;
        EXPECT_THAT(out.str(), HasSubstr("Flows")) << id;
        EXPECT_THAT(out.str(), HasSubstr("RTP streams")) << id;
        EXPECT_THAT(out.str(), HasSubstr("no call")) << id;
        EXPECT_THAT(out.str(), HasSubstr("as Call-ID c2@example.test")) << id;
        EXPECT_THAT(out.str(), HasSubstr("REFER to sip:dan@example.test")) << id;
    }
}

TEST_F(Document, SecretsStayOutUnlessAskedFor)
{
    tell(
        "0.0 alice>proxy INVITE offer call=c1\n0.1 proxy>alice 200 tag=x answer\n"
        "0.2 proxy>alice REFER reverse tag=a from=x \"Refer-To: <sip:dan:5ecre7@example.test>\"\n");
    EXPECT_THAT(report::jsonOf(*m_input), Not(HasSubstr("5ecre7")));
    EXPECT_EQ(document()["redacted"], true);
    m_input->redact = false;
    EXPECT_EQ(document()["redacted"], false);
    EXPECT_THAT(report::jsonOf(*m_input), HasSubstr("5ecre7"));
}

} // namespace
