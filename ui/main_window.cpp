// SPDX-License-Identifier: Apache-2.0
#include <ui/main_window.h>

#include <algorithm>
#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QMenuBar>
#include <QMimeData>
#include <QScreen>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QVBoxLayout>
#include <ui/bridge/desk_bridge.h>
#include <ui/commands.h>
#include <ui/deeds.h>
#include <ui/focus.h>
#include <ui/focus_mark.h>
#include <ui/keychain.h>
#include <ui/later.h>
#include <ui/panels/bars.h>
#include <ui/panels/call_list.h>
#include <ui/panels/codecs_panel.h>
#include <ui/panels/compare_panel.h>
#include <ui/panels/dial_bar.h>
#include <ui/panels/early_media_panel.h>
#include <ui/panels/ears_panel.h>
#include <ui/panels/explain_panel.h>
#include <ui/panels/files_panel.h>
#include <ui/panels/findings_panel.h>
#include <ui/panels/flow_board.h>
#include <ui/panels/flow_strip.h>
#include <ui/panels/ladder_pane.h>
#include <ui/panels/sound_panel.h>
#include <ui/panels/status_line.h>
#include <ui/panels/trust_bar.h>
#include <ui/panels/unclosed_bar.h>
#include <ui/panels/welcome_page.h>
#include <ui/settings.h>
#include <ui/text.h>
#include <ui/theme/theme.h>
#include <ui/trust.h>
#include <ui/views/message_view.h>

namespace ui {
namespace {

constexpr int kLayoutVersion = 6;
constexpr QSize kFrame(16, 48); // what a window manager may put around it

QSize roomOnScreen(const QWidget &widget)
{
    return widget.screen()->availableGeometry().size() - kFrame;
}

} // namespace

MainWindow::MainWindow(DeskBridge &bridge, Theme &theme, Settings &settings, QWidget *parent)
    : QMainWindow(parent)
{
    qApp->installEventFilter(this);
    setObjectName(QStringLiteral("window"));
    setWindowTitle(QStringLiteral("Earshot"));
    setAcceptDrops(true);
    setDockNestingEnabled(true);
    m_parts.window = this;
    m_parts.bridge = &bridge;
    m_parts.theme = &theme;
    m_parts.settings = &settings;
    m_parts.keychain = new Keychain(this);
    m_parts.focus = new Focus(bridge.store(), this);
    m_parts.trust = new Trust(settings, bridge, this);
    makePanels();
    makeCentre();
    makeDocks();
    makeStatus();
    m_deeds = new Deeds(m_parts, this);
    buildMenus(*this, *m_deeds);
    connect(m_parts.trust, &Trust::problem, m_deeds,
            [this](const QString &sentence) { m_deeds->say(sentence, true); });
    m_parts.trust->begin();
    connect(m_deeds, &Deeds::ladderShown, this, &MainWindow::arrange);
    new FocusMark(this, theme);
    if (const auto known = settings.accounts(); !known.empty())
        m_parts.welcome->setAccount(shown(known.front().account.aor));
    setDocksVisible(false); // the welcome page has the window for itself
    nameInternals(this);
    resize(QSize(1440, 900).boundedTo(roomOnScreen(*this)));
}

MainWindow::~MainWindow() = default;

void MainWindow::makePanels()
{
    Store &store = m_parts.bridge->store();
    Focus &focus = *m_parts.focus;
    Theme &theme = *m_parts.theme;
    m_parts.welcome = new WelcomePage(this);
    m_parts.ladder = new LadderPane(store, focus, theme, this);
    m_parts.dial = new DialBar(*m_parts.bridge, focus, *m_parts.settings, this);
    m_parts.flows = new FlowStrip(store, theme, this);
    m_parts.notices = new NoticeBar(this);
    m_parts.incoming = new IncomingBar(store, this);
    m_parts.story = new StoryBar(store, focus, this);
    m_parts.calls = new CallList(store, focus, theme, this);
    m_parts.explain = new ExplainPanel(store, focus, theme, this);
    m_parts.message = new MessageView(theme, this);
    m_parts.findings = new FindingsPanel(focus, this);
    m_parts.compare = new ComparePanel(store, theme, this);
    m_parts.files = new FilesPanel(store, this);
    m_parts.early = new EarlyMediaPanel(store, focus, theme, this);
    m_parts.ears = new EarsPanel(store, focus, this);
    m_parts.sound = new SoundPanel(store, focus, theme, this);
    m_parts.codecs = new CodecsPanel(store, focus, theme, this);
    m_parts.board = new FlowBoard(store, focus, theme, this);
}

void MainWindow::makeCentre()
{
    auto *top = new QWidget(this);
    top->setObjectName(QStringLiteral("topBars"));
    auto *bars = new QVBoxLayout(top);
    bars->setContentsMargins(0, 0, 0, 0);
    bars->setSpacing(0);
    auto *menus = new QMenuBar(top);
    menus->setObjectName(QStringLiteral("menuBar"));
    menus->setNativeMenuBar(false);
    bars->addWidget(menus);
    bars->addWidget(m_parts.dial);
    auto *mark = new TrustBar(*m_parts.trust, top);
    bars->addWidget(mark);
    connect(mark, &TrustBar::showWanted, this, [this] { m_deeds->networkSettings(); });
    bars->addWidget(m_parts.flows);
    bars->addWidget(m_parts.incoming);
    bars->addWidget(m_parts.notices);
    auto *unclosed = new UnclosedBar(*m_parts.bridge, top);
    bars->addWidget(unclosed);
    connect(unclosed, &UnclosedBar::reopened, this, [this] { m_parts.focus->followNext(); });
    setMenuWidget(top); // above every dock, over the whole width, as high as it needs
    auto *centre = new QWidget(this);
    centre->setObjectName(QStringLiteral("centre"));
    auto *layout = new QVBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_parts.pages = new QStackedWidget(centre);
    m_parts.pages->setObjectName(QStringLiteral("pages"));
    m_parts.pages->addWidget(m_parts.welcome);
    m_parts.pages->addWidget(m_parts.ladder);
    layout->addWidget(m_parts.pages, 1);
    layout->addWidget(m_parts.story);
    setCentralWidget(centre);
}

QDockWidget *MainWindow::makeDock(const char *name, const QString &title, QWidget *inside,
                                  Qt::DockWidgetArea area)
{
    auto *dock = new QDockWidget(title, this);
    dock->setObjectName(QString::fromLatin1(name));
    dock->setAccessibleName(title);
    dock->setWidget(inside);
    addDockWidget(area, dock);
    return dock;
}

void MainWindow::makeDocks()
{
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    setTabPosition(Qt::RightDockWidgetArea, QTabWidget::North);
    Parts &p = m_parts;
    p.callsDock = makeDock("callsDock", tr("Calls"), p.calls, Qt::LeftDockWidgetArea);
    p.explainDock = makeDock("explainDock", tr("Explain"), p.explain, Qt::RightDockWidgetArea);
    p.messageDock = makeDock("messageDock", tr("Message"), p.message, Qt::RightDockWidgetArea);
    p.findingsDock = makeDock("findingsDock", tr("Findings"), p.findings, Qt::RightDockWidgetArea);
    p.compareDock = makeDock("compareDock", tr("Compare"), p.compare, Qt::RightDockWidgetArea);
    p.filesDock = makeDock("filesDock", tr("Files"), p.files, Qt::RightDockWidgetArea);
    p.earlyDock = makeDock("earlyDock", tr("Early media"), p.early, Qt::BottomDockWidgetArea);
    p.flowsDock = makeDock("flowsDock", tr("Flows"), p.board, Qt::BottomDockWidgetArea);
    p.earsDock = makeDock("earsDock", tr("Who hears what"), p.ears, Qt::BottomDockWidgetArea);
    p.soundDock = makeDock("soundDock", tr("Sound"), p.sound, Qt::BottomDockWidgetArea);
    p.codecsDock =
        makeDock("codecsDock", tr("Offer and answer"), p.codecs, Qt::BottomDockWidgetArea);
    tabifyDockWidget(p.earlyDock, p.flowsDock);
    tabifyDockWidget(p.flowsDock, p.earsDock);
    tabifyDockWidget(p.earsDock, p.soundDock);
    tabifyDockWidget(p.soundDock, p.codecsDock);
    p.earlyDock->raise();
    tabifyDockWidget(p.explainDock, p.messageDock);
    tabifyDockWidget(p.messageDock, p.findingsDock);
    tabifyDockWidget(p.findingsDock, p.compareDock);
    tabifyDockWidget(p.compareDock, p.filesDock);
    p.explainDock->raise();
    p.callsDock->setFeatures(QDockWidget::DockWidgetMovable); // Ctrl+1 needs no buttons
    // The tab names them already.
    for (QDockWidget *dock :
         {p.explainDock, p.messageDock, p.findingsDock, p.compareDock, p.filesDock, p.earlyDock,
          p.flowsDock, p.earsDock, p.soundDock, p.codecsDock}) {
        dock->setTitleBarWidget(new QWidget(dock));
        dock->titleBarWidget()->setObjectName(QStringLiteral("noTitle"));
    }
}

void MainWindow::makeStatus()
{
    auto *line = new StatusLine(m_parts.bridge->store(), this);
    statusBar()->setObjectName(QStringLiteral("statusBar"));
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(line, 1);
    connect(line, &StatusLine::cancelWanted, this, [this] { m_deeds->stopReading(); });
}

void MainWindow::setDocksVisible(bool visible)
{
    for (QDockWidget *dock :
         {m_parts.callsDock, m_parts.explainDock, m_parts.messageDock, m_parts.findingsDock,
          m_parts.compareDock, m_parts.filesDock, m_parts.earlyDock, m_parts.flowsDock,
          m_parts.earsDock, m_parts.soundDock, m_parts.codecsDock})
        dock->setVisible(visible);
}

void MainWindow::arrange()
{
    if (m_arranged)
        return;
    m_arranged = true;
    setDocksVisible(true);
    m_parts.explainDock->raise();
    m_parts.earlyDock->raise();
    const QByteArray layout = m_parts.settings->bytes(QStringLiteral("window/layout"));
    if (!layout.isEmpty() && restoreState(layout, kLayoutVersion)) {
        m_parts.explainDock->raise(); // whatever was in front last: a 430 opens explained
        return;
    }
    resizeDocks({m_parts.callsDock, m_parts.explainDock},
                {std::clamp(width() / 6, 200, 280), std::clamp(width() * 28 / 100, 280, 420)},
                Qt::Horizontal);
    resizeDocks({m_parts.earlyDock}, {std::clamp(height() / 5, 110, 170)}, Qt::Vertical);
}

/// Panels keep their sizes while a window shrinks, and the ladder would pay for all of them.
void MainWindow::giveLadderRoom()
{
    const bool presents = isFullScreen(); // has an order of its own
    if (!m_arranged || presents || m_parts.pages->currentWidget() != m_parts.ladder)
        return;
    if (centralWidget()->width() * 100 < width() * 44)
        resizeDocks({m_parts.callsDock, m_parts.explainDock},
                    {std::clamp(width() / 6, 150, 280), std::clamp(width() * 28 / 100, 240, 420)},
                    Qt::Horizontal);
    const QWidget *top = menuWidget();
    const int room = height() - (top == nullptr ? 0 : top->height()) - statusBar()->height();
    if (centralWidget()->height() * 100 >= room * 50 || isBoardLarge())
        return;
    for (QDockWidget *dock : {m_parts.earlyDock, m_parts.flowsDock, m_parts.earsDock,
                              m_parts.soundDock, m_parts.codecsDock}) {
        if (dock->isVisible() && !dock->isFloating() && !dock->visibleRegion().isEmpty())
            resizeDocks({dock}, {room * 35 / 100}, Qt::Vertical);
    }
}

bool MainWindow::isBoardLarge() const
{
    const auto *board = findChild<QAction *>(QStringLiteral("view.board"));
    return board != nullptr && board->isChecked();
}

/// A bar that comes asks for more height before it knows its width, and the window would grow, past
/// the screen too, and stay so. What its parts need in the end it keeps.
bool MainWindow::event(QEvent *event)
{
    const QSize before = size();
    const bool done = QMainWindow::event(event);
    if (event->type() == QEvent::Resize)
        later(this, {}, [this] { giveLadderRoom(); });
    if (event->type() == QEvent::LayoutRequest && isVisible() && size() != before)
        QTimer::singleShot(0, this, [this, before] {
            if (!isMaximized() && !isFullScreen())
                resize(before.expandedTo(minimumSizeHint()));
        });
    return done;
}

/// Tips are marked up; who cannot see them hears what they say, without the markup.
bool MainWindow::eventFilter(QObject *watched, QEvent *event)
{
    constexpr const char *kFromTip = "describedByTip";
    if (event->type() == QEvent::ToolTipChange && watched->isWidgetType()) {
        auto *widget = static_cast<QWidget *>(watched);
        if (widget->accessibleDescription().isEmpty() || widget->property(kFromTip).toBool()) {
            widget->setAccessibleDescription(tipText(widget->toolTip()));
            widget->setProperty(kFromTip, true);
        }
    }
    return QMainWindow::eventFilter(watched, event);
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    m_deeds->enlargeBoard(false);
    m_deeds->present(false); // what is kept is the window as it was before
    if (m_arranged)
        m_parts.settings->setBytes(QStringLiteral("window/layout"), saveState(kLayoutVersion));
    m_parts.settings->setBytes(QStringLiteral("window/geometry"), saveGeometry());
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().front().isLocalFile())
        event->acceptProposedAction();
    else if (event->mimeData()->text().startsWith(QLatin1String("sip")))
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    if (event->mimeData()->hasUrls()) {
        for (const QUrl &url : event->mimeData()->urls()) {
            if (url.isLocalFile())
                m_deeds->openFile(url.toLocalFile());
        }
    } else {
        m_parts.dial->setTarget(event->mimeData()->text().left(200).trimmed());
    }
    event->acceptProposedAction();
}

void MainWindow::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape && m_arranged) {
        m_parts.ladder->setFocus(Qt::OtherFocusReason); // step back to the middle
        return;
    }
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (auto *button = enter ? qobject_cast<QAbstractButton *>(focusWidget()) : nullptr) {
        button->click(); // buttons of a main window know the space bar only
        return;
    }
    QMainWindow::keyPressEvent(event);
}

} // namespace ui
