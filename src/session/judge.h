// SPDX-License-Identifier: Apache-2.0
// Knows which calls have to be looked at again, and looks: snapshot, streams joined, rules run.
// Analysis thread, owned by Analysis.
#pragma once

#include <list>
#include <queue>
#include <session/flow_index.h>
#include <session/folds.h>
#include <session/session.h>
#include <session/workers.h>
#include <unordered_map>
#include <vector>

namespace session {

class Judge
{
public:
    Judge(Folds &folds, bool live) : m_folds(folds), m_live(live) {}

    /// Takes over what the folds changed. `imported`: the packets came from a file.
    void takeChanges(bool imported);
    /// Calls whose media went on are judged again too.
    void takeMedia();
    /// Calls that asked to be looked at again by now.
    void takeDue();
    /// A file was read to its end: its calls can be judged.
    void endImport();

    bool waiting() const { return m_next < m_touched.size(); }
    bool mediaWaiting() const { return !m_media.empty(); }
    /// When the earliest call asked to be looked at again by the clock; unknown: none did.
    base::Instant nextRecheck() const;
    /// The next calls that wait, judged, on the cores there are; some of them at a time.
    void next(std::vector<std::shared_ptr<const CallView>> &out);

    bool news() const { return m_flowsChanged || !m_looseRows.empty(); }
    /// Flows and loose rows since the last time.
    void fill(Update &update);

private:
    struct Folded { // a live view that holds its folded call
        calls::RowChain chain;
        std::shared_ptr<const CallView> view;
    };
    struct Meta { // of each call there is
        bool touched : 1 = false;
        bool imported : 1 = false; // every packet of it came from a file
        bool known : 1 = false;
        bool mediaWaits : 1 = false;
        bool unjudged : 1 = false; // published while its file is being read, without findings
    };
    struct Due {
        base::Instant when;
        calls::CallId call;
        bool operator<(const Due &other) const { return other.when < when; } // the earliest on top
    };
    using Queue = std::priority_queue<Due>;
    struct Job { // one call under way
        calls::CallId id;
        calls::RowChain chain;
        std::shared_ptr<CallView> view;
        std::shared_ptr<const calls::Call> call;
        std::vector<std::shared_ptr<const rtp::Stream>> streams;
        base::Instant recheck;
        bool judged = false;
    };

    Meta &meta(calls::CallId call);
    void touch(calls::CallId call);
    base::Instant packetClock() const;
    base::Instant nowFor(const Meta &meta, const calls::Call &call) const;
    const FlowIndex &flows();
    Job begin(calls::CallId id);
    void fold(Job &job) const;
    void judge(Job &job, const FlowIndex &flows) const;
    void examine(Job &job, const FlowIndex &flows) const;
    void finish(Job &job);
    void keep(const Job &job);
    void letGo(std::vector<std::shared_ptr<const CallView>> &out);
    void takeDue(Queue &queue, base::Instant now);

    Folds &m_folds;
    bool m_live;
    bool m_importing = false;
    std::vector<Meta> m_meta; // by CallId
    std::vector<calls::CallId> m_touched;
    std::size_t m_next = 0;
    std::vector<calls::CallId> m_media, m_unjudged;
    std::vector<trace::RowId> m_looseRows;
    Queue m_byClock, m_byPackets;
    std::unordered_map<calls::CallId, base::Instant> m_recheck; // of those that asked for one
    std::list<Folded> m_folded; // the one that rests for longest first
    std::unordered_map<calls::CallId, std::list<Folded>::iterator> m_foldedAt;
    std::size_t m_foldedRows = 0;
    bool m_flowsChanged = false;
    FlowIndex m_flows;
    bool m_flowsStale = false;
    std::shared_ptr<diagnosis::TextPool> m_texts = std::make_shared<diagnosis::TextPool>();
    Workers m_workers;
};

} // namespace session
