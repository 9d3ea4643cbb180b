using Weft.Node.Applications;

namespace Weft.Unit.Node;

public sealed class ApplicationReaderTests
{
    private const string Small = """
        name: shop
        services:
          web:
            port: 8080
            command: [/bin/sh, -c, "sleep 1"]
            environment: { A: one, B: two }
            versions:
              v1: {}
              v2: { environment: { B: three }, replicas: 3, serviceAccount: web-two }
          db:
            ports: ["tcp:5432", "http:9000"]
            command: /bin/sh -c 'sleep 2'
            hostPorts: [6379]
        publish: ["5000:web:8080"]
        """;

    [Fact]
    public void Parse_VersionsOfAService_InheritWhatTheyDoNotSay()
    {
        ApplicationFile file = ApplicationReader.Parse("weft.yaml", "/", Small);
        ApplicationService web = file.Services[0];
        Assert.Equal(["v1", "v2"], web.Versions.Select(v => v.Name));
        Assert.Equal("one", web.Versions[1].Program.Environment["A"]);
        Assert.Equal("three", web.Versions[1].Program.Environment["B"]);
        Assert.Equal(3, web.Versions[1].Replicas);
        Assert.Equal("web-two", web.Versions[1].ServiceAccount);
        Assert.Equal(["/bin/sh", "-c", "sleep 1"], web.Versions[0].Program.Command);
    }

    [Fact]
    public void Parse_CommandAsOneLine_SplitsAtBlanksOutsideQuotes()
    {
        ApplicationFile file = ApplicationReader.Parse("weft.yaml", "/", Small);
        Assert.Equal(["/bin/sh", "-c", "sleep 2"], file.Services[1].Versions[0].Program.Command);
        Assert.Equal([new ServicePort(5432, "tcp"), new ServicePort(9000, "http")], file.Services[1].Ports);
        Assert.Equal([6379], file.Services[1].Versions[0].Program.HostPorts);
        Assert.Equal([new PublishedPort(5000, "web", 8080)], file.Publish);
    }

    [Theory]
    [InlineData("services:\n  web:\n    prot: 80\n    command: [/bin/sh]", 3, "services.web.prot")]
    [InlineData("services:\n  web:\n    port: eighty\n    command: [/bin/sh]", 3, "services.web.port")]
    [InlineData("services:\n  web:\n    port: 80", 3, "services.web")]
    [InlineData("services:\n  web:\n    port: 80\n    command: [/no/such/program]", 4, "services.web.command")]
    [InlineData("services:\n  Web!:\n    command: [/bin/sh]", 3, "services.Web!")]
    [InlineData("services:\n  web:\n    command: [/bin/sh]\n    replicas: 1000", 4, "services.web.replicas")]
    [InlineData("services: [web]", 1, "services")]
    [InlineData("name: x", 1, "")]
    [InlineData("services:\n  web: {command: [/bin/sh]\n", 3, "")]
    [InlineData("services:\n  web: {command: [/bin/sh]}\napply: [nowhere.yaml]", 3, "apply[0]")]
    [InlineData("services:\n  web: {command: [/bin/sh]}\npublish: ['5000']", 3, "publish[0]")]
    [InlineData("services:\n  web: {command: [/bin/sh]}\ngateway: { ports: { http: 80 } }", 3, "gateway.ports.http")]
    public void Parse_SomethingWrong_NamesFileLineFieldAndCure(string text, int line, string field)
    {
        var wrong = Assert.Throws<ApplicationFileException>(() => ApplicationReader.Parse("weft.yaml", "/", text));
        Assert.Equal($"weft.yaml:{line}", wrong.Where);
        Assert.Equal(field, wrong.Field);
        Assert.NotEmpty(wrong.Cure);
    }

    [Fact]
    public void Parse_ImageWithDotsInItsName_KeepsTheName()
    {
        ApplicationFile file = ApplicationReader.Parse("weft.yaml", "/", "images:\n  registry.istio.io/release/details-v1: { command: [/bin/sh], environment: { a.b: c } }");
        Assert.Equal("registry.istio.io/release/details-v1", Assert.Single(file.Images).Key);
        Assert.Equal("c", file.Images.Values.Single().Environment["a.b"]);
    }

    [Fact]
    public void Read_NoSuchFile_SaysSo()
    {
        var wrong = Assert.Throws<ApplicationFileException>(() => ApplicationReader.Read("/nowhere/weft.yaml"));
        Assert.Equal("/nowhere/weft.yaml", wrong.Where);
    }
}
