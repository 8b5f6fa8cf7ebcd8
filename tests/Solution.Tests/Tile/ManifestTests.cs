using System.Net.Mail;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Partner.Solution.Tests.Tile;

/// <summary>manifest.json by itself (datadog-facts 5.3, 5.4).</summary>
public partial class ManifestTests
{
    private const int TitleLength = 50;
    private const int DescriptionLength = 80;

    [Theory]
    [InlineData("manifest_version", JsonValueKind.String)]
    [InlineData("app_uuid", JsonValueKind.String)]
    [InlineData("app_id", JsonValueKind.String)]
    [InlineData("owner", JsonValueKind.String)]
    [InlineData("display_on_public_website", JsonValueKind.True)]
    [InlineData("tile/title", JsonValueKind.String)]
    [InlineData("tile/description", JsonValueKind.String)]
    [InlineData("tile/media", JsonValueKind.Array)]
    [InlineData("tile/classifier_tags", JsonValueKind.Array)]
    [InlineData("author/name", JsonValueKind.String)]
    [InlineData("assets/integration/auto_install", JsonValueKind.True)]
    [InlineData("assets/integration/source_type_name", JsonValueKind.String)]
    [InlineData("assets/integration/source_type_id", JsonValueKind.Number)]
    [InlineData("assets/integration/configuration", JsonValueKind.Object)]
    [InlineData("assets/integration/events/creates_events", JsonValueKind.True)]
    [InlineData("assets/integration/metrics/prefix", JsonValueKind.String)]
    public void WhatIsRequiredIsThere(string path, JsonValueKind kind) =>
        Assert.Equal(kind, TileFile.Find(TileFile.Manifest, path)?.GetValueKind());

    [Theory]
    [InlineData("manifest_version", "2.0.0")]
    [InlineData("owner", "integrations-developer-platform")]
    [InlineData("tile/overview", "README.md#Overview")]
    [InlineData("tile/configuration", "README.md#Setup")]
    [InlineData("tile/uninstallation", "README.md#Uninstallation")]
    [InlineData("tile/support", "README.md#Support")]
    [InlineData("tile/changelog", "CHANGELOG.md")]
    [InlineData("assets/oauth", "assets/oauth_clients.json")]
    public void WhatIsTheSameInEveryTileIsSo(string path, string value) =>
        Assert.Equal(value, TileFile.Text(TileFile.Manifest, path));

    /// <summary>Datadog keeps these from the first publishing on: changing one here means a new tile.</summary>
    [Fact]
    public void WhatCanNeverChangeAgainDoesNot()
    {
        Assert.Equal(
            ("lanternfish", "01a20162-ce31-7615-9a11-299bd31e2f1f", "Lanternfish"),
            (
                TileFile.AppId,
                TileFile.Text(TileFile.Manifest, "app_uuid"),
                TileFile.Text(TileFile.Manifest, "assets/integration/source_type_name")
            )
        );
        Assert.Equal(["lanternfish_overview"], TileFile.Keys(TileFile.Find(TileFile.Manifest, "assets/dashboards")));
        Assert.Equal(
            ["lanternfish_data_stopped", "lanternfish_jobs_failing"],
            TileFile.Keys(TileFile.Find(TileFile.Manifest, "assets/monitors"))
        );
    }

    [Fact]
    public void NamesHaveTheirForm()
    {
        Assert.Matches(Kebab(), TileFile.AppId);
        Assert.Matches(UniqueId(), TileFile.Text(TileFile.Manifest, "app_uuid"));
        Assert.InRange(TileFile.Title.Length, 1, TitleLength);
        Assert.InRange(TileFile.Text(TileFile.Manifest, "tile/description").Length, 1, DescriptionLength);
        Assert.EndsWith(".", TileFile.Text(TileFile.Manifest, "assets/integration/metrics/prefix"));
    }

    [Theory]
    [InlineData("author/support_email")]
    [InlineData("author/sales_email")]
    public void MailAddressesAreAscii(string path)
    {
        var address = TileFile.Text(TileFile.Manifest, path);
        Assert.True(Ascii(address) && MailAddress.TryCreate(address, out _), $"{path} is '{address}'.");
    }

    [Fact]
    public void AddressesAreOfTheWeb()
    {
        string[] kinds = ["blog", "documentation", "other"];
        var resources = TileFile.Find(TileFile.Manifest, "tile/resources") as JsonArray ?? [];
        Assert.All(resources, r => Assert.Contains(TileFile.Text(r!, "resource_type"), kinds));
        Assert.All(
            [TileFile.Text(TileFile.Manifest, "author/homepage"), .. resources.Select(r => TileFile.Text(r!, "url"))],
            address => Assert.Matches("^https?$", new Uri(address).Scheme)
        );
    }

    [Fact]
    public void NothingOfTheMarketplaceIsInAFreeTile() =>
        Assert.Equal([], TileFile.Keys(TileFile.Manifest).Intersect(["pricing", "legal_terms"]));

    private static bool Ascii(string text) => text.All(char.IsAscii);

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex Kebab();

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    private static partial Regex UniqueId();
}
