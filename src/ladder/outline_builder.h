// SPDX-License-Identifier: Apache-2.0
// Turns the rows and streams of one call into steps, in order of time; the outline puts times, gaps
// and numbers to them. Used once per outline.
#pragma once

#include <ladder/lanes.h>
#include <ladder/media_map.h>
#include <ladder/outline.h>
#include <unordered_map>
#include <utility>

namespace ladder {

class OutlineBuilder
{
public:
    OutlineBuilder(const diagnosis::Evidence &evidence,
                   std::span<const diagnosis::Finding> findings, const Options &options);

    std::vector<Step> steps();
    const std::vector<Lane> &lanes() const { return m_lanes.list(); }
    /// Rows that another row's step stands for, with that step's target.
    const std::vector<std::pair<Target, Target>> &folded() const { return m_folded; }
    /// When they came, sorted.
    const std::vector<base::Instant> &foldedTimes() const { return m_foldedTimes; }

private:
    struct Mark { // what the findings say about one row or stream
        std::uint32_t count = 0;
        diagnosis::Severity severity = diagnosis::Severity::Info;
        std::string_view rule;
    };
    void readLegs();
    void badgeLeg(Step &step, const trace::Row &row) const;
    void readFindings(std::span<const diagnosis::Finding> findings);
    void fold(const calls::CallRow &place, Target shownBy);
    void addRow(const calls::CallRow &place);
    void fill(Step &step, const calls::CallRow &place);
    void fillMessage(Step &step, const calls::CallRow &place, const trace::Row &row);
    void fillLocal(Step &step, const calls::CallRow &place) const;
    void fillOther(Step &step, const trace::Row &row) const;
    bool foldKeepAlive(const calls::CallRow &place, const trace::Row &row);
    void badgeFindings(Step &step, const Mark &mark) const;
    void badgeRepeats();
    void noteFile(Step &step, trace::RowId row) const;
    void badgeFiles();
    Step mediaStep(const diagnosis::BoundStream &bound) const;
    std::uint32_t streamLane(const diagnosis::BoundStream &bound, bool sender) const;

    const diagnosis::Evidence &m_evidence;
    const Options &m_options;
    Lanes m_lanes;
    MediaMap m_media;
    std::vector<calls::CallId> m_legs; // of a joined ladder, in order of appearance; else empty
    std::vector<Step> m_rows;
    std::unordered_map<std::uint32_t, std::size_t> m_stepOfRow; // row -> index in m_rows
    std::unordered_map<std::uint32_t, std::uint32_t> m_repeats; // row -> how often it came again
    std::unordered_map<std::uint32_t, Mark> m_rowMarks, m_streamMarks;
    std::vector<std::pair<Target, Target>> m_folded;
    std::vector<base::Instant> m_foldedTimes;
    std::uint32_t m_pings = 0, m_pongs = 0; // of the run of keep-alives that stands last
    std::uint32_t m_callerLane = 0, m_calleeLane = 0;
};

} // namespace ladder
