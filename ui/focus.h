// SPDX-License-Identifier: Apache-2.0
// Which call and which row the window looks at. Follows the newest of our own calls and the most
// telling row until the user chooses; every panel hears of it here. UI thread; borrows the store.
#pragma once

#include <diagnosis/finding.h>
#include <ladder/scene.h>
#include <QObject>
#include <QTimer>
#include <ui/store.h>

namespace ui {

class Focus : public QObject
{
    Q_OBJECT
public:
    explicit Focus(Store &store, QObject *parent = nullptr);

    CallPtr call() const { return m_call; } // nullptr: none
    trace::RowId row() const { return m_row; }
    /// The user's choice; a later call of ours does not take the window away from it.
    void showCall(calls::CallId id);
    /// The next new call is shown, whoever's it is and whatever the user looks at now; a
    /// registration until there is one.
    void followNext();
    void showRow(trace::RowId row); // the user's choice
    void showTarget(ladder::Target target);
    /// Evidence was clicked: select its row or stream and light it up.
    void jump(const diagnosis::EvidenceRef &evidence);
    void stepFinding(int direction); // next or previous finding of the call
    /// The next leg of the same call for its users, round and round; why it belongs to the one
    /// before, nullptr without one.
    const legs::Join *stepLeg();
    void stepTransaction(int direction); // next or previous message of the row's transaction

Q_SIGNALS:
    void callChanged(const ui::CallPtr &call, bool fresh); // fresh: another call, not a newer view
    void rowChanged(trace::RowId row);
    void targetChanged(ladder::Target target); // what the ladder should select
    void jumped(ladder::Target target);
    void passed(); // another second of a call that goes on

private:
    void touch(const std::vector<CallPtr> &touched);
    void reload();
    void take(const CallPtr &view, bool fresh);
    void tick();
    bool wants(const session::CallView &view) const;

    Store &m_store;
    CallPtr m_call;
    CallPtr m_left; // the leg that stepLeg() came from
    trace::RowId m_row;
    bool m_rowByUser = false, m_callByUser = false;
    enum class Next { Ours, Any, Call } m_next = Next::Ours; // what is shown of what is new
    int m_finding = -1;
    QTimer m_clock;
    std::uint32_t m_newest = 0; // calls below this id were there before
};

/// The row a newcomer should read first: a 430, the worst finding's evidence, the last 183, the
/// final response.
trace::RowId tellingRow(const session::CallView &view, const trace::Trace &trace);

} // namespace ui
