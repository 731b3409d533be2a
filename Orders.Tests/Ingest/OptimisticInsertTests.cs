using Orders.Service.Ingest;

namespace Orders.Tests.Ingest;

/// <summary>Orders are inserted without being looked for where that is likely to pay, and less and less where it did not.</summary>
public sealed class OptimisticInsertTests
{
    private readonly OptimisticInsert _insert = new();

    [Fact]
    public void It_waits_for_so_many_new_orders_in_a_row()
    {
        _insert.Looked(OptimisticInsert.LeastProof - 1, areNew: true);
        Assert.False(_insert.IsLikely);

        _insert.Looked(1, areNew: true);
        Assert.True(_insert.IsLikely);
    }

    [Fact]
    public void A_known_order_among_them_begins_the_row_again()
    {
        _insert.Looked(OptimisticInsert.LeastProof - 1, areNew: true);
        _insert.Looked(1, areNew: false);
        _insert.Looked(OptimisticInsert.LeastProof - 1, areNew: true);

        Assert.False(_insert.IsLikely);
    }

    [Fact]
    public void What_fails_at_once_is_tried_again_after_twice_as_many()
    {
        Prove(OptimisticInsert.LeastProof);
        _insert.Failed();

        _insert.Looked(OptimisticInsert.LeastProof, areNew: true);
        Assert.False(_insert.IsLikely);
        _insert.Looked(OptimisticInsert.LeastProof, areNew: true);
        Assert.True(_insert.IsLikely);
    }

    [Fact]
    public void What_went_well_for_as_long_as_it_took_to_prove_is_tried_again_after_the_fewest()
    {
        Prove(OptimisticInsert.LeastProof);
        _insert.Failed();
        Prove(2 * OptimisticInsert.LeastProof);
        _insert.Succeeded(2 * OptimisticInsert.LeastProof);
        _insert.Failed();

        _insert.Looked(OptimisticInsert.LeastProof, areNew: true);
        Assert.True(_insert.IsLikely);
    }

    [Fact]
    public void Of_batches_that_fail_beside_each_other_one_counts()
    {
        Prove(OptimisticInsert.LeastProof);
        _insert.Failed();
        _insert.Failed();
        _insert.Failed();

        Prove(2 * OptimisticInsert.LeastProof);
    }

    [Fact]
    public void What_was_looked_for_after_all_is_no_success()
    {
        Prove(OptimisticInsert.LeastProof);
        _insert.Looked(0, areNew: false);
        _insert.Succeeded(OptimisticInsert.LeastProof);

        Assert.Equal(0, _insert.Inserted);
    }

    [Fact]
    public void However_often_it_fails_no_more_than_the_most_are_asked_for()
    {
        for (var i = 0; i < 20; i++)
        {
            Prove(OptimisticInsert.MostProof);
            _insert.Failed();
        }

        _insert.Looked(OptimisticInsert.MostProof - 1, areNew: true);
        Assert.False(_insert.IsLikely);
        _insert.Looked(1, areNew: true);
        Assert.True(_insert.IsLikely);
    }

    private void Prove(int orders)
    {
        _insert.Looked(orders, areNew: true);
        Assert.True(_insert.IsLikely);
    }
}
