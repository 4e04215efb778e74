// SPDX-License-Identifier: Apache-2.0
// Flows of which a trace holds nothing but their tokens: an edge that wrote one into a Route knows
// of a flow, though its REGISTER was not captured. UI thread.
#pragma once

#include <map>
#include <QObject>
#include <string>
#include <ui/store.h>

namespace ui {

class ToldFlows : public QObject
{
    Q_OBJECT
public:
    ToldFlows(Store &store, QObject *parent = nullptr);
    /// In order of their tokens, at most 256; none that the trace knows otherwise.
    std::vector<FlowPtr> list() const;

Q_SIGNALS:
    void changed();

private:
    void read(const std::vector<CallPtr> &calls);
    bool readCall(const session::CallView &view);

    Store &m_store;
    std::map<std::string, FlowPtr> m_byToken;
    std::uint32_t m_next = 0x80000000U; // no id of the fold's
};

} // namespace ui
