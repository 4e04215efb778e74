// SPDX-License-Identifier: Apache-2.0
// Our accounts' flows, a chip each: state as glyph and word, transport, last pong, time to the next
// attempt. A click opens what can be done. UI thread.
#pragma once

#include <base/flow_report.h>
#include <desk/desk.h>
#include <QAbstractButton>
#include <QLabel>
#include <QTimer>
#include <ui/store.h>
#include <ui/theme/theme.h>

class QHBoxLayout;

namespace ui {

class FlowChip : public QAbstractButton
{
public:
    FlowChip(Theme &theme, QWidget *parent = nullptr);
    void setCompact(bool on); // one line instead of two
    void setReport(const base::FlowReport &report, base::Instant now);
    QSize sizeHint() const override;
    /// State and number are never cut; the address gives way first.
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void remember(const base::FlowReport &report, base::Instant now);

    Theme &m_theme;
    QString m_chip, m_edge, m_details;
    base::FlowState m_state = base::FlowState::Off;
    bool m_unverified = false; // TLS with a certificate that was not verified
    int m_failures = 0;        // since the chip stands here
    base::Instant m_lastFailure;
    QString m_failure; // its reason
    ladder::Role m_role = ladder::Role::Muted;
    bool m_compact = false;
};

/// How a flow's state looks: glyph, role. Word by base::flowStateText.
struct FlowLook {
    const char16_t *glyph;
    ladder::Role role;
};
FlowLook lookOf(base::FlowState state);
/// The edge's address, or the name it is looked up by while there is none: "192.0.2.2:5060".
QString edgeText(const base::FlowReport &report);
/// "TCP, pong 0.4 ms 12 s ago, registered for 540 s more"
QString flowDetails(const base::FlowReport &report, base::Instant now);

class FlowStrip : public QWidget
{
    Q_OBJECT
public:
    FlowStrip(Store &store, Theme &theme, QWidget *parent = nullptr);

Q_SIGNALS:
    void reRegisterWanted(engine::AccountHandle account, std::uint32_t regId);
    void pingWanted(engine::AccountHandle account, std::uint32_t regId);
    void drillWanted(engine::AccountHandle account, std::uint32_t regId, engine::Drill what);
    void removeWanted(engine::AccountHandle account);
    void explainWanted(const base::FlowReport &report);
    void certificateWanted(const base::FlowReport &report);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void rebuild();
    void arrange();
    void tick();
    void openMenu(engine::AccountHandle account, std::uint32_t regId, QWidget *chip);

    struct Chip {
        engine::AccountHandle account;
        std::uint32_t regId = 0;
        FlowChip *widget = nullptr;
    };
    Store &m_store;
    Theme &m_theme;
    QHBoxLayout *m_rows[2]; // the second one where the first would cut the states
    QLabel *m_title;
    std::size_t m_placed = 0, m_inFirst = 0; // chips
    bool m_compact = false;
    std::vector<Chip> m_chips;
    QTimer m_clock;
};

} // namespace ui
