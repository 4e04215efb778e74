// SPDX-License-Identifier: Apache-2.0
#include <ui/theme/theme.h>

#include <QApplication>
#include <QFontDatabase>
#include <QStyleFactory>

// Resources of a static library are dropped by the linker unless somebody asks for them; the macro
// has to stand outside of any namespace.
static void loadPictures()
{
    Q_INIT_RESOURCE(window);
}

namespace ui {
namespace {

QString family(const char *wanted, QFontDatabase::SystemFont fallback)
{
    const QString name = QString::fromLatin1(wanted);
    return QFontDatabase::hasFamily(name) ? name : QFontDatabase::systemFont(fallback).family();
}

} // namespace

Theme::Theme(QObject *parent)
    : QObject(parent), m_sans(family("Inter", QFontDatabase::GeneralFont)),
      m_mono(family("JetBrains Mono", QFontDatabase::FixedFont))
{
}

void Theme::choose(SchemeChoice choice)
{
    m_choice = choice;
    update();
}

void Theme::setDesktopScheme(Scheme scheme)
{
    m_desktop = scheme;
    update();
}

void Theme::setZoom(double zoom)
{
    if (zoom == m_zoom)
        return;
    m_zoom = zoom;
    if (m_application != nullptr)
        applyTo(*m_application);
    Q_EMIT changed();
}

void Theme::update()
{
    Scheme wanted = m_desktop;
    if (m_choice != SchemeChoice::Follow)
        wanted = m_choice == SchemeChoice::Light ? Scheme::Light : Scheme::Dark;
    if (wanted == m_scheme)
        return;
    m_scheme = wanted;
    if (m_application != nullptr)
        applyTo(*m_application);
    Q_EMIT changed();
}

QFont Theme::font(FontKind kind) const
{
    return fontAt(kind, m_zoom);
}

QFont Theme::fontAt(FontKind kind, double zoom) const
{
    const bool mono = kind == FontKind::Mono;
    QFont font(mono ? m_mono : m_sans);
    double size = 13;
    if (kind == FontKind::Small)
        size = 12;
    if (kind == FontKind::PanelTitle)
        size = 15;
    if (kind == FontKind::Heading)
        size = 20;
    if (mono)
        size = 12.5;
    font.setPixelSize(qRound(size * zoom));
    if (kind == FontKind::Strong || kind == FontKind::PanelTitle || kind == FontKind::Heading)
        font.setWeight(QFont::DemiBold);
    if (mono)
        font.setStyleHint(QFont::Monospace);
    return font;
}

QPalette Theme::palette() const
{
    const Tokens &t = tokens();
    const QColor background = t.colour(Neutral::Background), surface = t.colour(Neutral::Surface);
    const QColor text = t.colour(Neutral::Text), muted = t.colour(Neutral::Muted);
    QPalette palette;
    palette.setColor(QPalette::Window, surface);
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Base, background);
    palette.setColor(QPalette::AlternateBase, surface);
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::PlaceholderText, muted);
    palette.setColor(QPalette::Button, mixed(surface, background, 0.5));
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::BrightText, t.colour(ladder::Role::ServerError));
    palette.setColor(QPalette::Highlight, t.colour(Neutral::Selection));
    palette.setColor(QPalette::HighlightedText, text);
    palette.setColor(QPalette::Link, t.colour(Neutral::Focus));
    palette.setColor(QPalette::LinkVisited, t.colour(Neutral::Focus));
    palette.setColor(QPalette::ToolTipBase, background);
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::Light, mixed(surface, background, 0.6));
    palette.setColor(QPalette::Midlight, surface);
    palette.setColor(QPalette::Mid, t.colour(Neutral::Line));
    palette.setColor(QPalette::Dark, t.colour(Neutral::Edge));
    palette.setColor(QPalette::Shadow, t.colour(Neutral::Line));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, mixed(surface, muted, 0.7));
    return palette;
}

void Theme::applyTo(QApplication &application)
{
    if (m_application == nullptr) {
        loadPictures();
        application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    }
    m_application = &application;
    application.setPalette(palette());
    application.setFont(font(FontKind::Body));
    application.setStyleSheet(styleSheet());
}

} // namespace ui
