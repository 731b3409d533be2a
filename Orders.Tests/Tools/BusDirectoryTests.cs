using Orders.Tools.Running;

namespace Orders.Tests.Tools;

public sealed class BusDirectoryTests
{
    private const UnixFileMode Open = UnixFileMode.UserExecute | UnixFileMode.OtherExecute;

    [Fact]
    public void The_default_lies_in_the_repository() =>
        Assert.Equal("/srv/orders/.bus", BusDirectory.Choose(null, "/srv/orders", privileged: true, _ => Open).Path);

    [Fact]
    public void Below_a_closed_folder_root_moves_to_where_postgres_can_follow_and_says_from_where()
    {
        var chosen = BusDirectory.Choose(null, "/root/orders", privileged: true, ClosedRoot);
        Assert.StartsWith(BusDirectory.Fallback + "/", chosen.Path);
        Assert.Equal("/root/orders/.bus", chosen.Instead);
        Assert.Equal(chosen, BusDirectory.Choose("/root/orders/.bus/", "/elsewhere", privileged: true, ClosedRoot));
        Assert.NotEqual(chosen.Path, BusDirectory.Choose(null, "/root/other", privileged: true, ClosedRoot).Path);
    }

    [Fact]
    public void A_folder_of_its_own_that_is_closed_will_be_opened_and_is_used() =>
        Assert.Equal("/tmp/x", BusDirectory.Choose("/tmp/x", "/r", privileged: true, folder =>
            folder == "/tmp/x" ? UnixFileMode.UserExecute : Open).Path);

    [Fact]
    public void Who_is_not_root_runs_postgres_itself_and_stays() =>
        Assert.Equal("/root/orders/.bus", BusDirectory.Choose(null, "/root/orders", privileged: false, ClosedRoot).Path);

    private static UnixFileMode? ClosedRoot(string folder) => folder switch
    {
        "/root" => UnixFileMode.UserExecute,
        "/" or "/root/orders" => Open,
        _ => null,
    };
}
