// SPDX-License-Identifier: Apache-2.0
#include <ui/presentation.h>

#include <QDockWidget>
#include <QMainWindow>
#include <QStackedWidget>
#include <ui/panels/bars.h>
#include <ui/panels/dial_bar.h>
#include <ui/panels/explain_panel.h>
#include <ui/panels/flow_strip.h>
#include <ui/panels/ladder_pane.h>
#include <ui/theme/theme.h>

namespace ui {
namespace {

constexpr double kZoom = 1.5;
constexpr int kExplainShare = 34; // percent of the width; the ladder has the rest
constexpr int kCompareShare = 55; // two columns of text beside each other need more

} // namespace

void Presentation::set(bool on)
{
    if (on == m_on)
        return;
    m_on = on;
    if (on)
        enter();
    else
        leave();
}

void Presentation::enter()
{
    QMainWindow &window = *m_parts.window;
    m_wasMaximized = window.isMaximized();
    m_parts.theme->setZoom(kZoom);
    window.showFullScreen();
    if (m_parts.pages->currentWidget() == m_parts.ladder)
        strip();
}

void Presentation::ladderCame()
{
    if (m_on && m_layout.isEmpty())
        strip();
}

void Presentation::strip()
{
    QMainWindow &window = *m_parts.window;
    m_layout = window.saveState();
    if (m_parts.dial->isVisible()) {
        m_hidden.push_back(m_parts.dial);
        m_parts.dial->hide();
    }
    for (QDockWidget *dock : {m_parts.callsDock, m_parts.earlyDock, m_parts.flowsDock,
                              m_parts.earsDock, m_parts.soundDock, m_parts.codecsDock})
        dock->hide();
    const bool compares = !m_parts.compareDock->visibleRegion().isEmpty();
    m_parts.explainDock->show();
    if (!compares)
        m_parts.explainDock->raise();
    share(compares);
    m_watch = QObject::connect(m_parts.compareDock, &QDockWidget::visibilityChanged,
                               m_parts.compareDock, [this](bool seen) { share(seen); });
}

void Presentation::share(bool compares)
{
    QMainWindow &window = *m_parts.window;
    window.resizeDocks({m_parts.explainDock},
                       {window.width() * (compares ? kCompareShare : kExplainShare) / 100},
                       Qt::Horizontal);
}

void Presentation::leave()
{
    QMainWindow &window = *m_parts.window;
    QObject::disconnect(m_watch);
    m_parts.theme->setZoom(1);
    if (m_wasMaximized)
        window.showMaximized();
    else
        window.showNormal();
    for (QWidget *bar : m_hidden)
        bar->show();
    m_hidden.clear();
    if (!m_layout.isEmpty())
        window.restoreState(m_layout);
    m_layout.clear();
}

} // namespace ui
