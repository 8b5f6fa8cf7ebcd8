using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Extensions.Options;
using Partner.Auth.Connect;

namespace Partner.Auth.Tests;

/// <summary>The pages that people see.</summary>
public sealed class PagesTests(World world) : IClassFixture<World>
{
    private static readonly byte[] Png = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    );

    [Fact]
    [Trait("security", "17")]
    public async Task EveryPageIsGuardedAndCanBeReadByEveryone()
    {
        var auth = await world.StartAuthAsync(null, ("Pages:PartnerName", "Müller & <Sons>"));
        var session = await auth.NewSessionAsync(await auth.NewTenantAsync("\"><img src=x>"));
        string[] paths =
        [
            session,
            "/connect",
            "/connect/done",
            "/connect?domain=evil",
            "/connect?session=x",
            "/connect?entry=x&signature=y",
            .. PageReasonTexts.Known.Keys.Select(reason => $"/connect/failed?reason={reason}"),
        ];
        var browser = world.NewBrowser(auth);
        foreach (var path in paths)
        {
            var visit = await browser.GetAsync(path);
            Assert.Equal(
                ("no-referrer", "no-store", "DENY", "nosniff"),
                (
                    visit.Headers["Referrer-Policy"],
                    visit.Headers["Cache-Control"],
                    visit.Headers["X-Frame-Options"],
                    visit.Headers["X-Content-Type-Options"]
                )
            );
            Assert.Matches(
                "^default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; img-src 'self'(; form-action 'none')?$",
                visit.Headers["Content-Security-Policy"]
            );

            // Well-formed, so whatever came from outside stayed text.
            var page = XDocument.Parse(
                Regex
                    .Replace(visit.Body, "<(meta|link|input|img)([^>]*)>", "<$1$2/>")
                    .Replace("<!doctype html>", "", StringComparison.Ordinal)
                    .Replace(" checked", " checked=\"\"", StringComparison.Ordinal)
            );
            Assert.Equal("en", page.Root!.Attribute("lang")!.Value);
            Assert.Single(page.Descendants("h1"));
            Assert.Single(page.Descendants("main"));
            Assert.EndsWith(" - Müller & <Sons>", page.Descendants("title").Single().Value);
            Assert.Empty(page.Descendants("script").Concat(page.Descendants("img")).Concat(page.Descendants("style")));
            Assert.DoesNotContain(
                page.Descendants().Attributes(),
                a => a.Name.LocalName.StartsWith("on") || a.Name == "style"
            );
            Assert.All(
                page.Descendants("input").Where(i => i.Attribute("type")!.Value != "hidden"),
                input => Assert.Equal("label", input.Parent!.Name)
            );
            Assert.All(page.Descendants("fieldset"), set => Assert.Single(set.Elements("legend")));
            Assert.DoesNotContain("{", visit.Body);
        }
    }

    [Fact]
    public async Task EveryReasonHasWordsOfItsOwnAndAWayOn()
    {
        var reasons = typeof(PageReasons).GetFields().Select(f => (string)f.GetValue(null)!).ToList();
        Assert.Equal(reasons.Order(), PageReasonTexts.Known.Keys.Order());
        Assert.Equal(reasons.Count, reasons.Select(r => PageReasons.Of(r).What).Distinct().Count());
        var page = await world.NewBrowser().GetAsync("/connect/failed?reason=denied");
        Assert.Contains($"<a href=\"{World.SignInUrl}\">Back to your product</a>", page.Body);
    }

    [Theory]
    [InlineData("logo.png", "image/png")]
    [InlineData("logo.svg", "image/svg+xml")]
    public async Task TheLogoComesFromOurOwnOrigin(string name, string type)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory().FullName, name);
        var bytes = name.EndsWith("png", StringComparison.Ordinal)
            ? Png
            : "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"u8.ToArray();
        await File.WriteAllBytesAsync(file, bytes);
        var auth = await world.StartAuthAsync(null, ("Pages:PartnerName", "Acme"), ("Pages:LogoFile", file));
        var page = await world.NewBrowser(auth).GetAsync("/connect/done");
        Assert.Contains("<img src=\"/connect/logo\" alt=\"Acme\"", page.Body);
        var logo = await world.NewBrowser(auth).GetAsync("/connect/logo");
        // What a drawing might do as a document of its own, it may not.
        Assert.Equal(
            (HttpStatusCode.OK, "default-src 'none'; style-src 'unsafe-inline'; sandbox", "nosniff"),
            (logo.Status, logo.Headers["Content-Security-Policy"], logo.Headers["X-Content-Type-Options"])
        );
        Assert.Equal(type, Brand.TypeOf(bytes));
        Assert.Equal(HttpStatusCode.NotFound, (await world.NewBrowser().GetAsync("/connect/logo")).Status);
    }

    [Theory]
    [InlineData("<html><body>no</body></html>")]
    [InlineData("<!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><svg>&x;</svg>")]
    [InlineData("GIF89a")]
    [InlineData("")]
    [InlineData(null)]
    public async Task ALogoThatIsNoneStopsTheStart(string? content)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "logo.svg");
        if (content is not null)
        {
            await File.WriteAllTextAsync(file, content);
        }

        await Assert.ThrowsAsync<OptionsValidationException>(() =>
            world.StartAuthAsync(null, ("Pages:LogoFile", file))
        );
    }

    [Theory]
    [Trait("security", "49")]
    [InlineData("/connect?session=%00")]
    [InlineData("/oauth/callback?code=x&state=y")]
    [InlineData("/connect/failed?reason=../../etc/passwd")]
    public async Task WhatGoesWrongSaysNothingOfTheInside(string path)
    {
        var visit = await world.NewBrowser().GetAsync(path);
        Assert.InRange((int)visit.Status, 200, 499);
        foreach (var inside in new[] { "Exception", "   at ", "Npgsql", "passwd", ".cs:" })
        {
            Assert.DoesNotContain(inside, visit.Body);
        }
    }

    [Fact]
    [Trait("security", "49")]
    public async Task AProblemOfThePartnerApiIsASlugASentenceAndACorrelationId()
    {
        var (_, problem) = await world.Auth.PartnerAsync(HttpMethod.Get, "/partner/v1/connect-sessions/nothing");
        Assert.Equal(["type", "title", "status", "traceId"], problem!.AsObject().Select(p => p.Key));
        Assert.Equal("There is no such connect session.", problem["title"]!.GetValue<string>());
        (_, problem) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/connect-sessions",
            new
            {
                external_id = "x",
                name = "x",
                client = "y",
            }
        );
        Assert.Equal(["type", "title", "status", "traceId"], problem!.AsObject().Select(p => p.Key));
    }

    [Fact]
    [Trait("security", "49")]
    [Trait("security", "50")]
    public async Task WithoutADatabaseTheAnswerIsGenericWithACorrelationId()
    {
        var auth = await world.StartAuthAsync(
            null,
            (
                "ConnectionStrings:database",
                "Host=127.0.0.1;Port=1;Database=secret-name;Username=auth;Password=secret-password"
            )
        );
        var (status, problem) = await auth.PartnerAsync(HttpMethod.Get, "/partner/v1/connect-sessions/cs_x");
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "unavailable"),
            (status, problem!["type"]!.GetValue<string>())
        );
        Assert.Matches("^[0-9a-f]{32}$", problem["traceId"]!.GetValue<string>());
        Assert.DoesNotContain("secret", problem.ToJsonString());
        var page = await world.NewBrowser(auth).GetAsync("/connect?domain=datadoghq.com");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
        Assert.DoesNotContain("secret", page.Body);
    }
}
