// SPDX-License-Identifier: Apache-2.0
#include <desk/replay.h>

#include <algorithm>
#include <base/text.h>
#include <base/told_time.h>
#include <diagnosis/facts.h>
#include <fmt/format.h>
#include <media/wav_writer.h>
#include <rtp/level.h>

namespace desk {
namespace {

using namespace std::chrono_literals;
constexpr base::Duration kBehindAnswer = 2s;
constexpr double kFull = 32768;
constexpr base::Duration kLongestPause = 1h, kShortened = 10s, kLongestRing = 10min; // of a file

/// From the call's first row or packet to its last.
media::Program spanOf(const diagnosis::Evidence &evidence)
{
    media::Program out;
    const auto widen = [&out](base::Instant at) {
        if (!base::hasClock(at))
            return;
        out.from = out.from.known() ? std::min(out.from, at) : at;
        out.to = std::max(out.to, at);
    };
    for (const calls::CallRow &place : evidence.call.rows)
        widen(evidence.trace.row(place.row).time);
    for (const auto &bound : evidence.streams) {
        if (!bound.stream || bound.stream->packets == 0)
            continue;
        widen(bound.stream->first);
        widen(bound.stream->last);
    }
    return out;
}

std::string whyMute(const diagnosis::BoundStream &bound)
{
    const rtp::Stream &stream = *bound.stream;
    if (stream.closed > stream.opened)
        return "It is encrypted, and its keys are not in the capture: give a TLS key log, or "
               "capture "
               "the signalling that carries them.";
    return fmt::format("Its payload type {} is of a codec that cannot be decoded here, or no SDP "
                       "says what it is.",
                       stream.payloadType);
}

std::string name(diagnosis::EarPolicy policy)
{
    std::string out;
    for (const char letter : diagnosis::policyText(policy))
        if (letter != ' ')
            out += letter;
    return base::lower(out);
}

constexpr const char *kGivenUp =
    "The sound of this call was given up to make room for later ones. Open a part of the capture "
    "that holds this call alone.";

/// What comes to the caller in that dialog.
std::vector<std::shared_ptr<const rtp::Spool>> spoolsOf(const diagnosis::Evidence &evidence,
                                                        const diagnosis::EarSwitch &change)
{
    const bool answer = change.what == diagnosis::Hears::Answer;
    std::vector<std::shared_ptr<const rtp::Spool>> out;
    for (const auto &bound : evidence.streams) {
        const bool ofNone = bound.earlyDialog >= evidence.call.earlyDialogs.size();
        if (bound.stream && bound.towardsCaller && !bound.astray &&
            (bound.earlyDialog == change.dialog || (answer && ofNone)))
            if (auto spool = bound.stream->spool)
                out.push_back(std::move(spool));
    }
    return out;
}

/// A capture whose last packet has a wrong time must not fill the disk: nobody rings for days.
media::Program bounded(media::Program program)
{
    for (auto &part : program.parts)
        if (!part.ringback.empty())
            part.to = std::min(part.to, part.from + kLongestRing);
    return program;
}

base::Result<Rendering> write(const media::Program &program, const std::string &folder,
                              const std::string &stem, const std::function<bool()> &cancelled)
{
    media::ProgramReader reader(bounded(program));
    auto file = media::WavWriter::create(folder, stem, reader.rate());
    if (!file)
        return tl::unexpected(file.error());
    std::vector<std::int16_t> samples(reader.rate());
    double power = 0;
    std::uint64_t all = 0;
    base::Duration leftOut{0};
    while (!cancelled || !cancelled()) {
        if (const auto pause = reader.soundBehind() - reader.at(); pause > kLongestPause) {
            leftOut += pause - kShortened;
            reader.seek(reader.at() + pause - kShortened);
        }
        const std::size_t count = reader.read(samples);
        if (count == 0)
            break;
        for (std::size_t i = 0; i < count; ++i)
            power += samples[i] / kFull * (samples[i] / kFull);
        all += count;
        if (const auto done = file->append(std::span(samples).first(count)); !done)
            return tl::unexpected(done.error());
    }
    if (const auto done = file->flush(); !done)
        return tl::unexpected(done.error());
    std::string trouble = reader.trouble();
    if (leftOut > base::Duration{0})
        trouble +=
            fmt::format("{}Pauses of more than an hour are ten seconds here: {} are left out.",
                        trouble.empty() ? "" : " ", diagnosis::lasting(leftOut));
    return Rendering{file->path(), file->length(),
                     all == 0 ? rtp::kFloorDbfs : rtp::dbfs(power / static_cast<double>(all)),
                     std::move(trouble)};
}

} // namespace

base::Result<media::Program> streamProgram(const diagnosis::Evidence &evidence,
                                           const std::vector<rtp::StreamId> &streams)
{
    media::Program out = spanOf(evidence);
    media::Program::Part part{out.from, out.to, {}, {}};
    std::string why;
    for (const auto &bound : evidence.streams) {
        if (!bound.stream || bound.stream->packets == 0 ||
            (!streams.empty() &&
             std::find(streams.begin(), streams.end(), bound.stream->id) == streams.end()))
            continue;
        auto spool = bound.stream->spool;
        if (spool && !spool->givenUp())
            part.spools.push_back(std::move(spool));
        else
            why = spool ? kGivenUp : whyMute(bound);
    }
    if (part.spools.empty())
        return base::fail(base::ErrorCode::Unsupported,
                          why.empty() ? "No RTP belongs to this call: there is nothing to play."
                                      : why);
    out.parts.push_back(std::move(part));
    return out;
}

base::Result<media::Program> earProgram(const diagnosis::Evidence &evidence,
                                        diagnosis::EarPolicy policy, const std::string &country)
{
    const auto events = diagnosis::earEvents(evidence);
    if (events.empty())
        return base::fail(base::ErrorCode::Unsupported,
                          "No provisional response and no media came before the answer: there is "
                          "nothing that a phone could decide on.");
    media::Program out = spanOf(evidence);
    const auto changes = diagnosis::hearBy(policy, events, evidence.now);
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const auto &change = changes[i];
        media::Program::Part part{std::max(out.from, change.at),
                                  i + 1 < changes.size() ? changes[i + 1].at : out.to,
                                  {},
                                  {}};
        if (change.what == diagnosis::Hears::Ringback)
            part.ringback = country;
        else if (change.what != diagnosis::Hears::Nothing)
            part.spools = spoolsOf(evidence, change);
        // It rings on, whoever it is that rings now.
        if (!part.ringback.empty() && !out.parts.empty() && !out.parts.back().ringback.empty() &&
            out.parts.back().to == part.from)
            out.parts.back().to = part.to;
        else if (part.to > part.from && (!part.ringback.empty() || !part.spools.empty()))
            out.parts.push_back(std::move(part));
    }
    return out;
}

std::string earKey(diagnosis::EarPolicy policy)
{
    return name(policy);
}

std::optional<diagnosis::EarPolicy> earNamed(std::string_view text)
{
    for (const auto policy : diagnosis::earPolicies())
        if (base::equalsNoCase(name(policy), text) ||
            base::equalsNoCase(diagnosis::policyText(policy), text))
            return policy;
    return std::nullopt;
}

base::Result<std::vector<Rendering>> render(const diagnosis::Evidence &evidence,
                                            const std::string &folder, const std::string &stem,
                                            const std::string &country,
                                            const std::function<bool()> &cancelled)
{
    std::vector<Rendering> out;
    const auto add = [&](const base::Result<media::Program> &program,
                         const std::string &what) -> base::Result<void> {
        if (!program || (cancelled && cancelled()))
            return {};
        auto written = write(*program, folder, stem + "-" + what, cancelled);
        if (!written)
            return tl::unexpected(written.error());
        out.push_back(std::move(*written));
        return {};
    };
    for (const bool toCaller : {true, false}) {
        for (const auto &bound : evidence.streams) {
            if (!bound.stream || bound.towardsCaller != toCaller)
                continue;
            std::string what = toCaller ? "to-caller" : "to-callee";
            if (evidence.call.earlyDialogs.size() > 1 &&
                bound.earlyDialog < evidence.call.earlyDialogs.size())
                what += fmt::format("-dialog-{}", bound.earlyDialog + 1);
            if (const auto done = add(streamProgram(evidence, {bound.stream->id}), what); !done)
                return tl::unexpected(done.error());
        }
    }
    for (const auto policy : diagnosis::earPolicies()) {
        auto program = earProgram(evidence, policy, country);
        if (program && evidence.call.answered.known())
            program->to = std::min(program->to, evidence.call.answered + kBehindAnswer);
        if (const auto done = add(program, "ear-" + name(policy)); !done)
            return tl::unexpected(done.error());
    }
    return out;
}

} // namespace desk
