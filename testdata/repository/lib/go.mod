module example.com/shop/lib

go 1.26.1
