// SPDX-License-Identifier: Apache-2.0
#include <app/hear.h>

#include <base/text.h>
#include <desk/offer.h>
#include <desk/replay.h>
#include <fmt/format.h>
#include <media/player.h>
#include <thread>

namespace app {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kMostRendered = 200; // calls

const report::ReportCall *callOf(const Console::Report &report, const std::string &id)
{
    const report::ReportCall *begins = nullptr;
    std::size_t several = 0;
    for (const auto &each : report.calls) {
        if (each.call->kind != calls::Kind::Call)
            continue;
        if (each.call->callId == id)
            return &each;
        if (std::string_view(each.call->callId).starts_with(id)) {
            begins = &each;
            ++several;
        }
    }
    return several == 1 ? begins : nullptr;
}

} // namespace

base::Result<Hear> Hear::read(const Arguments &arguments)
{
    const auto bad = [](std::string sentence) {
        return base::fail(base::ErrorCode::BadInput, std::move(sentence));
    };
    Hear out;
    out.m_call = arguments.value("--play");
    out.m_folder = arguments.value("--render");
    if (arguments.has("--play") && out.m_call.empty())
        return bad("--play takes a Call-ID, or how one begins.");
    if (arguments.has("--render") && out.m_folder.empty())
        return bad("--render takes a folder.");
    for (const char *option : {"--ear", "--output", "--audio-device"})
        if (arguments.has(option) && !arguments.has("--play"))
            return bad(fmt::format("{} goes with --play.", option));
    if (arguments.has("--ringback") && !arguments.has("--render") && !arguments.has("--ear"))
        return bad("--ringback goes with --render or --ear.");
    if (arguments.has("--ear")) {
        out.m_ear = desk::earNamed(arguments.value("--ear"));
        if (!out.m_ear) {
            std::string known;
            for (const auto policy : diagnosis::earPolicies())
                known += (known.empty() ? "" : ", ") + desk::earKey(policy);
            return bad(fmt::format("--ear knows {}, not \"{}\".", known,
                                   base::printable(arguments.value("--ear"), false, 40)));
        }
    }
    const auto country = arguments.value("--ringback", "DE");
    out.m_ringback = base::equalsNoCase(country, "off") ? std::string() : country;
    for (char &letter : out.m_ringback)
        if (letter >= 'a' && letter <= 'z')
            letter = static_cast<char>(letter - 'a' + 'A');
    if (const auto known = desk::checkRingback(out.m_ringback); !known)
        return tl::unexpected<base::Error>(known.error());
    out.m_device = arguments.value("--audio-device");
    if (arguments.value("--output") == "silent")
        out.m_output = media::Output::Silent;
    return out;
}

int Hear::run(const Console::Report &report, int otherwise) const
{
    int code = otherwise;
    if (!m_folder.empty())
        code = render(report, code);
    if (!m_call.empty() && !Console::interrupted())
        code = play(report, code);
    return code;
}

int Hear::play(const Console::Report &report, int otherwise) const
{
    const report::ReportCall *call = callOf(report, m_call);
    if (call == nullptr)
        return complain(
            fmt::format("No call that was read has the Call-ID {}, or several begin so.",
                        base::printable(m_call, false, 120)),
            kUsage);
    const auto evidence = report::evidenceOf(report.input, *call);
    const auto program =
        m_ear ? desk::earProgram(evidence, *m_ear, m_ringback) : desk::streamProgram(evidence);
    if (!program)
        return complain(program.error().sentence, kUnreadable);
    fmt::print(stderr, "earshot: Playing {}{}, {:.1f} s; Ctrl+C stops.\n",
               base::printable(call->call->callId, false, 120),
               m_ear ? fmt::format(" as {}'s caller hears it", diagnosis::policyText(*m_ear)) : "",
               base::toSeconds(program->to - program->from));
    media::Player player;
    player.play(*program, program->from, m_output, m_device);
    std::string told;
    bool played = false;
    while (!Console::interrupted()) {
        const auto state = player.state();
        if (state.notice != told && !state.notice.empty())
            complain(state.notice, 0);
        told = state.notice;
        played = played || state.stage == media::Player::Stage::Playing;
        if (state.stage == media::Player::Stage::Idle)
            break;
        std::this_thread::sleep_for(20ms);
    }
    return played ? otherwise : kNoAccess;
}

int Hear::render(const Console::Report &report, int otherwise) const
{
    std::size_t number = 0, written = 0;
    for (const auto &call : report.calls) {
        ++number;
        if (call.call->kind != calls::Kind::Call || Console::interrupted())
            continue;
        if (written >= kMostRendered) {
            complain(fmt::format("Only the first {} calls were written; choose with --filter.",
                                 kMostRendered),
                     0);
            break;
        }
        const auto done =
            desk::render(report::evidenceOf(report.input, call), m_folder,
                         fmt::format("call-{}", number), m_ringback, &Console::interrupted);
        if (!done)
            return complain(done.error().sentence, exitFor(done.error()));
        written += done->empty() ? 0 : 1;
        for (const auto &file : *done) {
            fmt::print(stderr, "earshot: {}: {:.2f} s, {:.1f} dBFS{}{}\n",
                       base::printable(file.path), base::toSeconds(file.length), file.level,
                       file.trouble.empty() ? "" : "; ", file.trouble);
        }
    }
    if (written == 0)
        complain("No call here has sound, so no file was written.", 0);
    return otherwise;
}

} // namespace app
