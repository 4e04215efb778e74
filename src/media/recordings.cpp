// SPDX-License-Identifier: Apache-2.0
#include "recordings.h"

#include <base/text.h>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t kMostFiles = 64;
constexpr base::Duration kOverlap =
    60ms; // two streams of one dialog at once: the one that wrote last goes on

} // namespace

void Recordings::begin(std::string folder, std::string stem, bool answered)
{
    end();
    m_folder = std::move(folder);
    m_stem = std::move(stem);
    m_answered = answered;
    ++m_generation;
    m_running = true;
}

void Recordings::end()
{
    for (auto &entry : m_entries)
        (void)entry.recorder->flush(); // what fails here was told when it was written before
    for (auto &each : m_together)
        (void)each.recorder->flush();
    m_running = false;
}

Recordings::Entry *Recordings::find(std::uint32_t stream, const std::string &toTag)
{
    Entry *unnamed = nullptr;
    for (auto &entry : m_entries) {
        if (entry.generation != m_generation || entry.what != Recorded::Received)
            continue;
        if (!toTag.empty() && entry.toTag == toTag)
            return &entry;
        if (entry.toTag.empty() && entry.stream == stream)
            unnamed = &entry;
    }
    return unnamed;
}

Recordings::Entry &Recordings::obtain(std::uint32_t stream, const std::string &toTag)
{
    if (Entry *entry = find(stream, toTag)) {
        if (entry->toTag.empty() && !toTag.empty()) { // the answer came after the first packets
            entry->toTag = toTag;
            entry->recorder->rename(entry->stem + "-" + base::fileNamePart(toTag));
        }
        return *entry;
    }
    const std::string stem = !m_stem.empty() ? m_stem : m_answered ? "answered" : "early-media";
    const std::string name =
        stem + "-" +
        (toTag.empty() ? "stream-" + std::to_string(stream) : base::fileNamePart(toTag));
    m_entries.push_back({Recorded::Received, stream, toTag, stem, !m_answered, base::Duration{0},
                         m_generation, std::make_unique<Recorder>(m_folder, name)});
    return m_entries.back();
}

std::string Recordings::nameOf(const std::string &what, const std::string &toTag) const
{
    return (m_stem.empty() ? std::string() : m_stem + "-") + what +
           (toTag.empty() ? std::string() : "-" + base::fileNamePart(toTag));
}

Recordings::Entry *Recordings::sentTo(const std::string &toTag)
{
    for (auto &entry : m_entries)
        if (entry.generation == m_generation && entry.what == Recorded::Sent &&
            entry.toTag == toTag)
            return &entry;
    if (m_entries.size() >= kMostFiles)
        return nullptr;
    m_entries.push_back({Recorded::Sent,
                         0,
                         toTag,
                         {},
                         !m_answered,
                         base::Duration{0},
                         m_generation,
                         std::make_unique<Recorder>(m_folder, nameOf("sent", toTag))});
    return &m_entries.back();
}

StereoRecorder *Recordings::together(const std::string &toTag)
{
    for (auto &each : m_together)
        if (each.generation == m_generation && each.toTag == toTag)
            return each.recorder.get();
    if (m_together.size() >= kMostFiles)
        return nullptr;
    m_together.push_back({toTag, !m_answered, m_generation,
                          std::make_unique<StereoRecorder>(m_folder, nameOf("stereo", toTag))});
    return m_together.back().recorder.get();
}

base::Result<void> Recordings::sent(const std::string &toTag, base::Duration now,
                                    std::span<const std::int16_t> samples, std::uint32_t rate)
{
    if (!m_running)
        return {};
    Entry *entry = sentTo(toTag);
    if (entry == nullptr)
        return {};
    const base::Duration gap =
        entry->lastEnd.count() != 0 ? std::max(now - entry->lastEnd, 0ns) : 0ns;
    entry->lastEnd =
        now + base::Duration(static_cast<std::int64_t>(samples.size()) * 1'000'000'000LL / rate);
    auto done = entry->recorder->add(samples, rate, gap);
    auto *both = together(toTag);
    auto alsoDone = both != nullptr ? both->add(StereoRecorder::Sent, now, gap, samples, rate)
                                    : base::Result<void>();
    return done ? alsoDone : done;
}

base::Result<void> Recordings::add(std::uint32_t stream, const std::string &toTag,
                                   base::Duration now, std::span<const std::int16_t> samples,
                                   std::uint32_t rate, base::Duration gap, bool known)
{
    if (!m_running || (m_entries.size() >= kMostFiles && find(stream, toTag) == nullptr))
        return {};
    Entry &entry = obtain(stream, toTag);
    const bool begun = entry.lastEnd.count() != 0;
    if (begun && entry.stream != stream) {
        if (now - entry.lastEnd < kOverlap)
            return {};
        gap = now - entry.lastEnd;
    }
    entry.stream = stream;
    entry.lastEnd = now;
    auto done = entry.recorder->add(samples, rate, gap);
    auto *both = known ? together(toTag) : nullptr;
    auto alsoDone = both != nullptr ? both->add(StereoRecorder::Received, now, gap, samples, rate)
                                    : base::Result<void>();
    return done ? alsoDone : done;
}

std::string Recordings::pathOf(std::uint32_t stream, const std::string &toTag) const
{
    if (!m_running)
        return {};
    const Entry *entry = const_cast<Recordings *>(this)->find(stream, toTag);
    return entry != nullptr ? entry->recorder->path() : std::string();
}

std::vector<RecordingInfo> Recordings::list() const
{
    std::vector<RecordingInfo> out;
    for (const auto &entry : m_entries)
        if (entry.recorder->started())
            out.push_back({entry.toTag, entry.recorder->path(), entry.recorder->length(),
                           entry.recorder->meanLevel(), entry.early, entry.what});
    for (const auto &each : m_together)
        if (each.recorder->started())
            out.push_back({each.toTag, each.recorder->path(), each.recorder->length(),
                           each.recorder->meanLevel(), each.early, Recorded::Both});
    return out;
}

} // namespace media
