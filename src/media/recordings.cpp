// SPDX-License-Identifier: Apache-2.0
#include "recordings.h"

#include "media.h"

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
    m_running = false;
}

Recordings::Entry *Recordings::find(std::uint32_t stream, const std::string &toTag)
{
    Entry *unnamed = nullptr;
    for (auto &entry : m_entries) {
        if (entry.generation != m_generation)
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
    m_entries.push_back({stream, toTag, stem, !m_answered, base::Duration{0}, m_generation,
                         std::make_unique<Recorder>(m_folder, name)});
    return m_entries.back();
}

base::Result<void> Recordings::add(std::uint32_t stream, const std::string &toTag,
                                   base::Duration now, std::span<const std::int16_t> samples,
                                   std::uint32_t rate, base::Duration gap)
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
    return entry.recorder->add(samples, rate, gap);
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
                           entry.recorder->meanLevel(), entry.early});
    return out;
}

} // namespace media
