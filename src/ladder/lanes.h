// SPDX-License-Identifier: Apache-2.0
// Which host stands on which lane of a call's ladder: by the names given, else by address; hosts of
// one address that talk to each other (loopback) are told apart by port. Built once per outline, in
// one pass over the rows.
#pragma once

#include <ladder/outline.h>
#include <unordered_map>
#include <unordered_set>

namespace ladder {

class Lanes
{
public:
    Lanes(const diagnosis::Evidence &evidence, const Options &options);

    struct Ends {
        std::uint32_t from = 0, to = 0; // counted from the left
    };
    /// The lanes of a row; local events stand on one lane, ours if they do not say where.
    Ends of(trace::RowId row) const;
    /// The lane of an address if it took part in the signalling.
    std::optional<std::uint32_t> find(const base::Endpoint &endpoint) const;
    /// The lane of an early dialog that shares its far end with others of its call.
    std::optional<std::uint32_t> branch(std::uint32_t dialog) const;
    /// Whom the call was for, as far as no early dialog says: the last lane that is no fork's own.
    std::uint32_t callee() const;
    const std::vector<Lane> &list() const { return m_lanes; } // left to right

private:
    void readOurName();
    void readAliases();
    void readSplits();
    void readOurEnds();
    bool named(const base::Endpoint &endpoint) const;
    void placeAll();
    void placeRow(const trace::Row &row, const calls::CallRow &place);
    void placeOurs();
    void placeSides();
    void placeBranches(); // lanes_branches.cpp
    struct Branch {
        std::uint32_t origin = 0, lane = 0;
    };
    Ends onBranches(const trace::Row &row, Ends ends) const;
    Ends sidesOf(const trace::Row &row) const;
    std::uint32_t laneOf(const base::Endpoint &endpoint, std::optional<std::uint32_t> leftOf);
    std::uint32_t create(Lane lane, std::optional<std::uint32_t> leftOf);
    void arrange();

    const diagnosis::Evidence &m_evidence;
    const Options &m_options;
    std::unordered_map<base::Endpoint, base::Endpoint>
        m_aliases;                             // a connection's port -> the port listened on
    std::unordered_set<base::Address> m_split; // addresses whose ports are lanes of their own
    std::unordered_map<std::string, std::uint32_t> m_byKey; // -> index in order of creation
    std::unordered_map<base::Endpoint, std::uint32_t> m_byEndpoint;
    std::vector<Lane> m_lanes;
    std::vector<std::uint32_t>
        m_order; // left to right -> index of creation, while lanes are being placed
    std::vector<std::uint32_t> m_position; // index of creation -> left to right
    std::optional<std::uint32_t> m_ours;
    std::optional<Ends> m_sides; // callers' and callees' lanes of rows that tell no address
    std::unordered_map<std::uint32_t, Branch> m_branches;        // by To-tag, of forks
    std::unordered_map<std::uint32_t, std::uint32_t> m_branchOf; // by early dialog
    bool m_homeless = false;                                     // a local event has no lane yet
    std::size_t m_sharing = 0;                                   // hosts beyond Options::mostLanes

    std::unordered_set<base::Endpoint> m_ourEnds; // of our own user agent, if they are one lane
    base::Endpoint m_ourHome;                     // the one that lane is named after
    base::Endpoint m_ourPlace; // our socket, which other calls use under other names
    std::string m_ourName;
};

} // namespace ladder
