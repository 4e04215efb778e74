// SPDX-License-Identifier: Apache-2.0
// earshot answer: waits for calls and does with each what was asked for, as a callee of a test
// does.
#include <app/account_options.h>
#include <app/call_json.h>
#include <app/call_options.h>
#include <app/commands/commands.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <base/text.h>
#include <desk/call_text.h>
#include <desk/offer.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sip/status.h>

namespace app {
namespace {

constexpr std::array kOwn{
    OptionSpec{"--listen", "IP[:PORT]", "where calls come in, without an account (127.0.0.1:5060)"},
    OptionSpec{"--answer-from", "WHO", "this caller only, user@host, host or *", true},
    OptionSpec{"--no-ring", "", "no 180 by itself"},
    OptionSpec{"--ring-for", "S", "seconds before early media or the final response (1)"},
    OptionSpec{"--early-media", "plain|reliable", "183 with our description before it"},
    OptionSpec{"--early-for", "S", "seconds of early media (1)"},
    OptionSpec{"--reject", "CODE", "this final response instead of 200, 400 to 699"},
    OptionSpec{"--redirect", "URI", "302 with this Contact instead of 200"},
    OptionSpec{"--hangup-after", "S", "BYE that many seconds after the answer; 0: never (2)"},
    OptionSpec{"--calls", "N", "end after so many calls (1)"},
    OptionSpec{"--seconds", "S", "how long to wait for each (30)"},
    OptionSpec{"--codecs", "LIST", "codecs to answer with (PCMU,PCMA,opus)"},
    OptionSpec{"--send", "WHAT", "noise, tone[:HZ], mic[:DEVICE], nothing or FILE.wav (tone)"},
    OptionSpec{"--record", "FOLDER", "record what is received and sent"},
    OptionSpec{"--local-address", "IP", "address of this computer, with an account"},
    OptionSpec{"--port-range", "A-B", "local UDP ports for RTP"},
    OptionSpec{"--output", "auto|silent", "where the caller is played (auto)"},
    OptionSpec{"--audio-device", "NAME", "play on this device of the audio server (its default)"},
    OptionSpec{"--session", "FILE", "record everything into this new pcapng file"},
    OptionSpec{"--json", "", "print one JSON document instead of text"},
};
constexpr auto kOptions = joined(kOwn, kAccountOptions, kNetworkOptions);
constexpr base::Duration kFarewell = std::chrono::seconds(2);
constexpr int kBusy = 486, kDecline = 603, kMovedTemporarily = 302;

struct AnswerPlan {
    std::optional<engine::Account> account;
    base::Endpoint listen;
    std::vector<std::string> callers;
    base::Duration ring{0}, early{0}, wait{0};
    bool earlyMedia = false, reliable = false;
    int reject = 0;
    std::string redirect;
    std::size_t calls = 1;
};

base::Result<base::Endpoint> readListen(const Arguments &arguments)
{
    constexpr std::uint16_t kSip = 5060;
    const auto text = arguments.value("--listen", "127.0.0.1:5060");
    auto listen = base::Endpoint::parse(text);
    if (const auto address = base::Address::parse(text); !listen && address)
        listen = base::Endpoint{*address, kSip};
    if (listen && listen->address.isUnspecified()) // our Contact and SDP would name it
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("--listen {} names no address: callers are told where to send "
                        "their ACK and their sound. Give one address of this "
                        "computer that they reach.",
                        base::printable(text, false, 80)));
    if (listen)
        return *listen;
    return base::fail(base::ErrorCode::BadInput,
                      fmt::format("--listen takes an IP address of this computer, with a port or "
                                  "without, such as 127.0.0.1:5060, not \"{}\".",
                                  base::printable(text, false, 80)));
}

base::Result<void> readFinal(const Arguments &arguments, AnswerPlan &plan)
{
    const auto code = base::toInteger(arguments.value("--reject", "0"));
    if (arguments.has("--reject") && (!code || *code < 400 || *code > 699))
        return base::fail(base::ErrorCode::BadInput,
                          "--reject takes a final response code from 400 to 699.");
    plan.reject = static_cast<int>(*code);
    plan.redirect = arguments.value("--redirect");
    if (arguments.has("--redirect") && plan.reject != 0)
        return base::fail(base::ErrorCode::BadInput,
                          "A call is rejected or redirected: give --reject or --redirect.");
    if (arguments.has("--redirect"))
        return engine::Engine::checkTransfer(plan.redirect, true);
    return {};
}

base::Result<void> readTimes(const Arguments &arguments, AnswerPlan &plan, desk::Options &options)
{
    using std::chrono::seconds;
    for (const auto &[name, into, otherwise] :
         {std::tuple("--ring-for", &plan.ring, base::Duration(seconds(1))),
          std::tuple("--early-for", &plan.early, base::Duration(seconds(1))),
          std::tuple("--seconds", &plan.wait, base::Duration(seconds(30))),
          std::tuple("--hangup-after", &options.incoming.hangUpAfter,
                     base::Duration(seconds(2)))}) {
        const auto value = arguments.seconds(name, otherwise);
        if (!value)
            return tl::unexpected<base::Error>(value.error());
        *into = *value;
    }
    plan.earlyMedia = arguments.has("--early-media");
    plan.reliable = arguments.value("--early-media") == "reliable";
    if (arguments.has("--early-for") && !plan.earlyMedia)
        return base::fail(base::ErrorCode::BadInput, "--early-for goes with --early-media.");
    const auto calls = base::toInteger(arguments.value("--calls", "1"));
    if (!calls || *calls < 1 || *calls > 1000)
        return base::fail(base::ErrorCode::BadInput, "--calls takes a number from 1 to 1000.");
    plan.calls = static_cast<std::size_t>(*calls);
    return {};
}

base::Result<void> readMedia(const Arguments &arguments, desk::Options &options)
{
    auto &incoming = options.incoming;
    incoming.ring = !arguments.has("--no-ring");
    incoming.codecs = arguments.value("--codecs", incoming.codecs);
    if (const auto ok = desk::checkCodecs(incoming.codecs); !ok)
        return ok;
    const auto sending = desk::sendingNamed(arguments.value("--send", "tone"));
    if (!sending)
        return tl::unexpected<base::Error>(sending.error());
    incoming.sending = *sending;
    if (const auto ok = readPortRange(arguments, options.media); !ok)
        return ok;
    incoming.recordFolder = arguments.value("--record");
    if (incoming.recordFolder.empty())
        return {};
    const auto folder = makeRecordFolder(incoming.recordFolder);
    return folder ? base::Result<void>{} : tl::unexpected<base::Error>(folder.error());
}

base::Result<AnswerPlan> readPlan(const Arguments &arguments, desk::Options &options)
{
    AnswerPlan plan;
    if (arguments.has("--aor") || arguments.has("--proxy")) {
        if (arguments.has("--listen"))
            return base::fail(base::ErrorCode::BadInput,
                              "An account's calls come by its flows: give --listen or --aor.");
        auto account = readAccount(arguments);
        if (!account)
            return tl::unexpected<base::Error>(account.error());
        plan.account = std::move(*account);
        options.engine.localAddress = arguments.value("--local-address");
    } else {
        const auto listen = readListen(arguments);
        if (!listen)
            return tl::unexpected<base::Error>(listen.error());
        plan.listen = *listen;
        options.engine.localAddress = listen->address.text();
        options.engine.localPort = listen->port;
    }
    if (arguments.has("--answer-from")) {
        auto callers = desk::callersNamed(
            fmt::format("{}", fmt::join(arguments.values("--answer-from"), ",")));
        if (!callers)
            return tl::unexpected<base::Error>(callers.error());
        plan.callers = std::move(*callers);
    }
    for (const auto &ok : {readFinal(arguments, plan), readTimes(arguments, plan, options),
                           readMedia(arguments, options), readNetwork(arguments, options.engine)})
        if (!ok)
            return tl::unexpected<base::Error>(ok.error());
    return plan;
}

/// Every call that came, and what is to become of it next.
class Callee
{
public:
    Callee(desk::Desk &desk, const AnswerPlan &plan) : m_desk(desk), m_plan(plan) {}

    void onCall(const desk::CallInfo &info)
    {
        if (!info.incoming)
            return;
        const auto [at, isNew] = m_calls.try_emplace(info.handle);
        Came &call = at->second;
        const bool changed =
            isNew || call.info.stage != info.stage || call.info.status != info.status;
        call.info = info;
        if (isNew)
            began(call);
        else if (changed && info.stage != desk::CallInfo::Stage::Ringing)
            fmt::print(stderr, "  {}: {} {}\n", desk::isOver(info) ? "ended" : "answered",
                       info.status, base::printable(info.phrase));
        if (desk::isOver(info))
            m_idle = base::now();
    }
    /// Does what is due; always true, so that it fits into a condition.
    bool step()
    {
        for (auto &[handle, call] : m_calls)
            if (!desk::isOver(call.info) && call.step != Step::Done && base::now() >= call.due)
                next(call);
        return true;
    }
    bool done() const
    {
        return m_taken >= m_plan.calls &&
               std::all_of(m_calls.begin(), m_calls.end(),
                           [](const auto &each) { return desk::isOver(each.second.info); });
    }
    bool waited() const
    {
        return base::now() - m_idle >= m_plan.wait &&
               std::all_of(m_calls.begin(), m_calls.end(),
                           [](const auto &each) { return desk::isOver(each.second.info); });
    }
    void waitFromNow() { m_idle = base::now(); }
    std::size_t taken() const { return m_taken; }
    /// The first call that did not end as it was to; nullptr: all did.
    const desk::CallInfo *failed() const
    {
        const int wanted = !m_plan.redirect.empty() ? kMovedTemporarily
                           : m_plan.reject != 0     ? m_plan.reject
                                                    : 200;
        for (const auto &[handle, call] : m_calls)
            if (call.wanted && call.info.status != wanted)
                return &call.info;
        return nullptr;
    }
    std::vector<desk::CallInfo> calls() const
    {
        std::vector<desk::CallInfo> out;
        for (const auto &[handle, call] : m_calls)
            out.push_back(call.info);
        return out;
    }

private:
    enum class Step { EarlyMedia, Final, Done };
    struct Came {
        desk::CallInfo info;
        bool wanted = false; // one of those that the plan is for
        Step step = Step::EarlyMedia;
        base::Instant due;
    };

    void began(Came &call)
    {
        fmt::print(stderr, "  a call from {}, Call-ID {}\n", base::printable(call.info.from),
                   base::printable(call.info.callId));
        const bool known = desk::mayBeAnswered(m_plan.callers, call.info.from);
        if (!known || m_taken >= m_plan.calls) {
            fmt::print(stderr, "  {}\n",
                       known ? "declined with 486: enough calls came"
                             : "declined with 603: --answer-from does not name this caller");
            call.step = Step::Done;
            return m_desk.decline(call.info.handle, known ? kBusy : kDecline);
        }
        ++m_taken;
        call.wanted = true;
        call.step = m_plan.earlyMedia ? Step::EarlyMedia : Step::Final;
        call.due = base::now() + m_plan.ring;
    }
    void next(Came &call)
    {
        const auto handle = call.info.handle;
        if (call.step == Step::EarlyMedia) {
            m_desk.earlyMedia(handle, m_plan.reliable);
            call.step = Step::Final;
            call.due = base::now() + m_plan.early;
            return;
        }
        call.step = Step::Done;
        if (!m_plan.redirect.empty())
            m_desk.redirect(handle, m_plan.redirect);
        else if (m_plan.reject != 0)
            m_desk.decline(handle, m_plan.reject);
        else
            m_desk.answer(handle);
    }

    desk::Desk &m_desk;
    const AnswerPlan &m_plan;
    std::map<engine::CallHandle, Came> m_calls;
    std::size_t m_taken = 0;
    base::Instant m_idle = base::now(); // since then nobody calls
};

/// Until calls can come in; false: they cannot, and a notice has said why.
bool listens(Console &console)
{
    const auto told = std::make_shared<std::atomic<int>>(0);
    console.desk().opened([told](bool there) { *told = there ? 1 : -1; });
    console.waitUntil([&] { return *told != 0; }, std::chrono::seconds(30));
    return *told > 0;
}

/// Until the account can be called. Empty: it can; else why not.
std::string registered(Console &console, const AnswerPlan &plan)
{
    if (!plan.account)
        return {};
    std::string reason = "The first registration is on its way.";
    bool reachable = false;
    console.onAccount = [&](const desk::AccountInfo &info) {
        reachable = info.reachableSince.known();
        for (const auto &[regId, flow] : info.flows)
            reason = flow.reason;
    };
    if (const auto added = console.desk().addAccount(*plan.account, false); !added)
        return added.error().sentence;
    console.waitUntil([&] { return reachable; }, plan.wait);
    console.onAccount = {};
    return reachable ? std::string()
                     : fmt::format("{} did not get registered: {}",
                                   base::printable(plan.account->aor), reason);
}

void printCalls(const Arguments &arguments, Console &console, const Callee &callee)
{
    auto all = nlohmann::json::array();
    for (const auto &info : callee.calls()) {
        const auto report = console.report(info.from, [&](const session::CallView &view) {
            return view.call->callId == info.callId;
        });
        if (!arguments.has("--json"))
            report::format("text")->write(report->input, std::cout);
        else
            all.push_back(nlohmann::json::parse(callJson(info, report->input), nullptr, false));
    }
    if (arguments.has("--json"))
        fmt::print("{}\n", nlohmann::json{{"schema_version", 1}, {"calls", std::move(all)}}.dump(
                               2, ' ', false, nlohmann::json::error_handler_t::replace));
    std::cout.flush();
}

int run(const Arguments &arguments)
{
    auto options = deskOptions(arguments);
    const auto plan = readPlan(arguments, options);
    if (!plan)
        return complain(plan.error().sentence, exitFor(plan.error()));
    auto opened = Console::open(options);
    if (!opened)
        return complain(opened.error().sentence, exitFor(opened.error()));
    Console &console = **opened;
    if (!listens(console))
        return complain("No call can come in here.", kNoAccess);
    Callee callee(console.desk(), *plan);
    console.onCall = [&](const desk::CallInfo &info) { callee.onCall(info); };
    if (const auto why = registered(console, *plan); !why.empty())
        return complain(why, kCallFailed);
    fmt::print(stderr, "  waiting for a call to {}\n",
               plan->account ? base::printable(plan->account->aor) : plan->listen.text());
    callee.waitFromNow();
    const auto ended =
        console.waitUntil([&] { return callee.step() && (callee.done() || callee.waited()); },
                          std::chrono::hours(24));
    for (const auto &info : callee.calls())
        if (!desk::isOver(info))
            console.desk().hangUp(info.handle);
    const auto latest = base::now() + kFarewell;
    while (!callee.done() && !callee.waited() &&
           base::now() < latest) // an interrupt returns at once
        console.waitUntil([&] { return callee.done(); }, std::chrono::milliseconds(50));
    console.desk().session().settle(std::chrono::seconds(2));
    printCalls(arguments, console, callee);
    if (callee.taken() < plan->calls)
        return complain(ended == Console::Wait::Interrupted
                            ? std::string("Interrupted before every call had come.")
                            : fmt::format("{} of {} calls came within {} s of waiting.",
                                          callee.taken(), plan->calls,
                                          base::seconds(plan->wait, 0)),
                        kCallFailed);
    if (const auto *failed = callee.failed(); failed != nullptr)
        return complain(fmt::format("The call of {} {}{}{}", base::printable(failed->from),
                                    failed->status == 0
                                        ? std::string("was not answered")
                                        : fmt::format("ended with {} {}", failed->status,
                                                      sip::phrase(failed->status)),
                                    failed->sentence.empty() ? "." : ": ", failed->sentence),
                        kCallFailed);
    return kFine;
}

} // namespace

const Command kAnswer{"answer",
                      "[--listen IP:PORT | --aor URI --proxy URI] [options]",
                      "wait for a call: ring, early media, answer, reject or redirect it",
                      0,
                      kOptions,
                      run};

} // namespace app
